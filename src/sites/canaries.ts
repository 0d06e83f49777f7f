import { isRefusal } from '#errors.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { Web } from '#ports/web.ts';

const withinMs = 5_000;

/** True as soon as the EC2 API or one of `addresses` answers, whatever it answers; false after 5 s. */
export function createCanaries(world: {
  web: Pick<Web, 'probe'>;
  cloud: Pick<Cloud, 'instances'>;
  clock: Clock;
  addresses: () => readonly string[];
}) {
  const { web, cloud, clock } = world;

  async function site(url: string): Promise<boolean> {
    const result = await web.probe({
      url,
      deadlineMs: withinMs,
      statuses: [],
      verifyTls: true,
      maxRedirects: 0,
      freshDns: true,
    });
    return result.status !== undefined && result.staleDns !== true;
  }

  /** A filter that finds nothing is the cheapest question; a refusal is an answer too. */
  async function ec2(): Promise<boolean> {
    try {
      await cloud.instances({ names: ['deckhand-is-ec2-there'] });
      return true;
    } catch (error) {
      return isRefusal(error);
    }
  }

  return async function anyAnswers(): Promise<boolean> {
    let cancel: Cancel = () => {};
    const late = new Promise<boolean>((resolve) => void (cancel = clock.after(withinMs, () => resolve(false))));
    const first = await Promise.race([oneYes([...world.addresses().map(site), ec2()]), late]);
    cancel();
    return first;
  };
}

async function oneYes(answers: readonly Promise<boolean>[]): Promise<boolean> {
  const yes = answers.map(async (answer) => {
    if (!(await answer)) throw new Error('no answer');
  });
  try {
    await Promise.any(yes);
    return true;
  } catch {
    return false;
  }
}
