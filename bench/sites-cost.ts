import { blackboxCost } from './blackbox.ts';
import type { Figure } from './figure.ts';
import type { Bench } from './group.ts';
import { perSecond } from './pace.ts';
import { onTarget, type Target } from './site-target.ts';

const rounds = 3;

/** What one check costs, beside the barest undici and, where it is installed, blackbox_exporter, all in turns. */
export const sitesCost: Bench = { name: 'http-vs-undici', run: () => onTarget(costs) };
/** Names that nobody answers for must not delay the others. */
export const sitesDns: Bench = { name: 'unresolvable-delay-ms', run: () => onTarget(unresolvable) };

async function costs(target: Target): Promise<readonly Figure[]> {
  const cpu: Record<string, number[]> = {};
  const add = (of: string, value: number) => void (cpu[of] ??= []).push(value);
  for (let round = 0; round < rounds; round++)
    for (const scheme of ['http', 'https'] as const)
      for (const mode of ['undici', 'ours'])
        add(`${mode} ${scheme}`, (await target.measure<{ cpu: number }>(mode, target[scheme])).cpu);
  const of = (name: string) => median(cpu[name] ?? []);
  const blackbox = await blackboxCost(target);
  const perThousand = (name: string) => `${name}: ${(cpu[name] ?? []).map((one) => one.toFixed(3)).join(' / ')}`;
  const notes = [`CPU s per 1,000 checks, ${rounds} rounds in turns, 20 at once`, ...Object.keys(cpu).map(perThousand)];
  const beside = async (scheme: 'http' | 'https'): Promise<Figure> => {
    const base = { figure: `${scheme}-vs-blackbox`, target: 1, unit: 'x' };
    if (blackbox === undefined)
      return {
        ...base,
        value: undefined,
        against: 'prometheus-blackbox-exporter, which is not installed (apt-get install prometheus-blackbox-exporter)',
      };
    const { cpu: ours } = await target.measure<{ cpu: number }>('ours-paced', target[scheme]);
    const { paced, flatOut } = blackbox[scheme];
    return {
      ...base,
      value: ours / paced,
      against: `prometheus-blackbox-exporter ${blackbox.version}, GOMAXPROCS=1, both at ${perSecond} checks a second`,
      notes: [
        `${scheme}: ours ${ours.toFixed(3)}, blackbox ${paced.toFixed(3)} CPU s per 1,000 checks; flat out ${of(`ours ${scheme}`).toFixed(3)} and ${flatOut.toFixed(3)}`,
      ],
    };
  };
  return [
    {
      figure: 'http-vs-undici',
      value: of('ours http') / of('undici http'),
      target: 1.5,
      unit: 'x',
      against: 'bare undici, fresh connection',
      notes,
    },
    {
      figure: 'https-vs-undici',
      value: of('ours https') / of('undici https'),
      target: 1.15,
      unit: 'x',
      against: 'undici with one TLS context and X25519 alone, full handshakes',
    },
    await beside('http'),
    await beside('https'),
  ];
}

async function unresolvable(target: Target): Promise<readonly Figure[]> {
  const { withMs, withoutMs } = await target.measure<{ withMs: number; withoutMs: number }>('dead', target.http);
  return [
    {
      figure: 'unresolvable-delay-ms',
      value: Math.max(0, withMs - withoutMs),
      target: 100,
      unit: 'ms',
      against: '200 names resolved beside 8 that nobody answers for',
      notes: [`slowest healthy name: ${withMs.toFixed(1)} ms beside them, ${withoutMs.toFixed(1)} ms without`],
    },
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
