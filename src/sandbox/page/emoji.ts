/** The emoji of Slack's names that the sandbox draws. A `:word:` that is not here stays text, so times and IPv6 survive.
 *  Names: https://github.com/iamcal/emoji-data */
const emoji: Readonly<Record<string, string>> = {
  '+1': '👍', '-1': '👎', thumbsup: '👍', thumbsdown: '👎', ok_hand: '👌', wave: '👋', clap: '👏', raised_hands: '🙌',
  pray: '🙏', point_right: '👉', point_left: '👈', point_up: '☝️', point_down: '👇', muscle: '💪', eyes: '👀',
  raised_hand: '✋', hand: '✋', smile: '😄', grinning: '😀', wink: '😉', thinking_face: '🤔', sweat_smile: '😅',
  white_check_mark: '✅', heavy_check_mark: '✔️', ballot_box_with_check: '☑️', x: '❌', negative_squared_cross_mark: '❎',
  heavy_multiplication_x: '✖️', warning: '⚠️', no_entry: '⛔', no_entry_sign: '🚫', octagonal_sign: '🛑', stop_sign: '🛑',
  question: '❓', exclamation: '❗', heavy_exclamation_mark: '❗', bangbang: '‼️', information_source: 'ℹ️',
  red_circle: '🔴', large_red_circle: '🔴', large_orange_circle: '🟠', large_yellow_circle: '🟡',
  large_green_circle: '🟢', large_blue_circle: '🔵', blue_circle: '🔵', large_purple_circle: '🟣', white_circle: '⚪',
  black_circle: '⚫', large_red_square: '🟥', large_orange_square: '🟧', large_yellow_square: '🟨',
  large_green_square: '🟩', large_blue_square: '🟦', white_large_square: '⬜', black_large_square: '⬛',
  white_small_square: '▫️', black_small_square: '▪️', small_blue_diamond: '🔹', small_orange_diamond: '🔸',
  rotating_light: '🚨', bell: '🔔', no_bell: '🔕', mute: '🔇', loudspeaker: '📢', mega: '📣', fire: '🔥', boom: '💥',
  zap: '⚡', sparkles: '✨', star: '⭐', tada: '🎉', rocket: '🚀', checkered_flag: '🏁', triangular_flag_on_post: '🚩',
  hourglass: '⌛', hourglass_flowing_sand: '⏳', stopwatch: '⏱️', timer_clock: '⏲️', alarm_clock: '⏰', clock1: '🕐',
  clock3: '🕒', calendar: '📆', date: '📅', spiral_calendar_pad: '🗓️', arrows_counterclockwise: '🔄', repeat: '🔁',
  arrow_right: '➡️', arrow_left: '⬅️', arrow_up: '⬆️', arrow_down: '⬇️', arrow_forward: '▶️', arrow_backward: '◀️',
  leftwards_arrow_with_hook: '↩️', rewind: '⏪', fast_forward: '⏩', double_vertical_bar: '⏸️', black_square_for_stop: '⏹️',
  camera: '📷', camera_with_flash: '📸', floppy_disk: '💾', minidisc: '💽', cd: '💿', card_file_box: '🗃️',
  file_cabinet: '🗄️', package: '📦', label: '🏷️', bookmark: '🔖', memo: '📝', pencil: '✏️', pencil2: '✏️', clipboard: '📋',
  page_facing_up: '📄', scroll: '📜', books: '📚', book: '📖', mag: '🔍', mag_right: '🔎', link: '🔗', paperclip: '📎',
  pushpin: '📌', key: '🔑', lock: '🔒', unlock: '🔓', shield: '🛡️', gear: '⚙️', wrench: '🔧', hammer: '🔨',
  hammer_and_wrench: '🛠️', toolbox: '🧰', nut_and_bolt: '🔩', electric_plug: '🔌', battery: '🔋', bulb: '💡',
  computer: '💻', desktop_computer: '🖥️', globe_with_meridians: '🌐', earth_americas: '🌎', satellite: '🛰️',
  satellite_antenna: '📡', signal_strength: '📶', cloud: '☁️', umbrella: '☔', thermometer: '🌡️', robot_face: '🤖',
  bust_in_silhouette: '👤', busts_in_silhouette: '👥', construction: '🚧', construction_worker: '👷', ambulance: '🚑',
  fire_engine: '🚒', adhesive_bandage: '🩹', pill: '💊', ghost: '👻', skull: '💀', bug: '🐛', anchor: '⚓', ship: '🚢',
  boat: '⛵', sailboat: '⛵', ocean: '🌊', wastebasket: '🗑️', broom: '🧹', recycle: '♻️', chart_with_upwards_trend: '📈',
  chart_with_downwards_trend: '📉', bar_chart: '📊', money_with_wings: '💸', moneybag: '💰', dollar: '💵',
  speech_balloon: '💬', thought_balloon: '💭', envelope: '✉️', email: '📧', inbox_tray: '📥', outbox_tray: '📤',
  heart: '❤️', green_heart: '💚', broken_heart: '💔', '100': '💯', zzz: '💤', sos: '🆘', new: '🆕', up: '🆙',
  heavy_plus_sign: '➕', heavy_minus_sign: '➖', one: '1️⃣', two: '2️⃣', three: '3️⃣', four: '4️⃣', five: '5️⃣',
}; // prettier-ignore

/** The character of a Slack emoji name (without colons; a skin tone is left out), or undefined when it is not known. */
export function emojiOf(name: string): string | undefined {
  const plain = name.split('::')[0] ?? name;
  return Object.hasOwn(emoji, plain) ? emoji[plain] : undefined;
}
