import type { Asks, Probe } from '#ports/web.ts';

import { mostBodyBytes, readText } from './body.ts';
import type { Connect } from './connection.ts';
import { judgeExpectations } from './expect.ts';
import { Found } from './failures.ts';
import { type Answer, type Ask, request } from './request.ts';
import type { Answered } from './resolver.ts';
import { createFiller, type Secrets } from './secrets.ts';
import { see, seeAnswer, type Seen } from './seen.ts';
import type { Trip } from './trip.ts';

type Filler = ReturnType<typeof createFiller>;

/** Asks, follows redirects by hand, and judges the last answer. Throws what is wrong. */
export async function askHttp(
  of: Probe,
  { connect, secrets }: { connect: Connect; secrets: Secrets },
  trip: Trip,
  found: Seen,
): Promise<void> {
  const filler = createFiller(secrets);
  let url = target(of.url, undefined);
  let ask = firstAsk(of, filler);
  const follows = (status: number, location: string | undefined) =>
    of.maxRedirects > 0 && location !== undefined && redirects.includes(status) && !isTheAnswer(of, status);
  const wantsBody = (status: number, location: string | undefined) => !follows(status, location) && isUp(of, status);
  const { freshDns, deadlineMs, verifyTls, family, ports } = of;
  const onResolved = (answer: Answered) => seeAnswer(found, answer);
  const options = { freshDns, deadlineMs, verifyTls, family, ports, onResolved, wantsBody };
  for (let hops = 0; ; hops++) {
    const hop = createHop(trip);
    const answer = await request({ connect, url, ask }, options, hop).catch((error: unknown) => {
      throw hops === 0 ? error : asRedirect(error);
    });
    hop.end();
    found.status = answer.status;
    if (answer.certificate !== undefined) see(found, answer.certificate);
    if (answer.location === undefined || !follows(answer.status, answer.location)) return judge(of, answer, filler);
    if (hops >= of.maxRedirects)
      throw new Found({ class: 'status', detail: `more than ${of.maxRedirects} redirects (HTTP ${answer.status})` });
    const next = target(answer.location, url);
    ask = nextAsk(ask, answer.status, next.origin === url.origin);
    url = next;
  }
}

const noHeaders = {};

function firstAsk({ method = 'GET', headers, body }: Asks, { fill }: Filler): Ask {
  return {
    method,
    headers:
      headers === undefined
        ? noHeaders
        : Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), fill(value)])),
    body: body === undefined ? undefined : fill(body),
  };
}

/** Where a redirect leads is the doing of the site, not of how its check is set up. */
function asRedirect(error: unknown): unknown {
  if (!(error instanceof Found) || error.failure.class !== 'setup') return error;
  return new Found({ class: 'blocked', detail: `the site redirects to where no check may go: ${error.message}` });
}

/** As browsers do, but to another origin nothing goes of what the settings hold. Source: RFC 9110 §15.4. */
function nextAsk(ask: Ask, status: number, sameOrigin: boolean): Ask {
  const plain = (status === 303 && ask.method !== 'HEAD') || (status <= 302 && ask.method === 'POST');
  const { 'content-type': _type, ...others } = ask.headers;
  const next = plain ? { method: 'GET', headers: others, body: undefined } : ask;
  if (sameOrigin) return next;
  if (next.body !== undefined)
    throw new Found({ class: 'blocked', detail: 'the redirect would take the body of the check to another server' });
  return { ...next, headers: noHeaders };
}

/** The connection of one hop ends with it; the time goes on. */
function createHop(trip: Trip): Trip {
  const closes: (() => void)[] = [];
  const end = () => {
    for (const close of closes.splice(0)) close();
  };
  trip.onEnd(end);
  return { ...trip, onEnd: (close) => void closes.push(close), end };
}

async function judge(of: Probe, answer: Answer, { conceal }: Filler): Promise<void> {
  if (!isUp(of, answer.status)) throw new Found({ class: 'status', detail: `HTTP ${answer.status}` });
  const { contains, expect } = of;
  if (contains === undefined && expect === undefined) return;
  let read: Promise<string> | undefined;
  const text = () => (read ??= readText(answer.chunks, answer.encoding));
  if (contains !== undefined && !(await text()).includes(contains))
    throw new Found({ class: 'body', detail: `HTTP ${answer.status}, but the expected text is missing` });
  const cut = () => answer.chunks.reduce((sum, { length }) => sum + length, 0) >= mostBodyBytes;
  await judgeExpectations(expect ?? [], { headers: answer.headers, text, cut, conceal });
}

function isUp(of: Probe, status: number): boolean {
  return of.statuses.length === 0 ? status >= 200 && status < 400 : of.statuses.includes(status);
}

const redirects = [301, 302, 303, 307, 308];

/** A redirect that the settings name is the answer; a range over all of them names none. */
function isTheAnswer({ statuses }: Probe, status: number): boolean {
  return statuses.includes(status) && !redirects.every((one) => statuses.includes(one));
}

/** Where to go; credentials in a redirect are dropped. Throws Found (`blocked`) for anything a check must not follow. */
function target(to: string, from: URL | undefined): URL {
  const url = URL.parse(to, from);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Found({
      class: 'blocked',
      detail: 'the redirect leads to something that is no http or https address',
    });
  if (from?.protocol === 'https:' && url.protocol === 'http:')
    throw new Found({ class: 'blocked', detail: 'the redirect leads from https to http' });
  url.username = '';
  url.password = '';
  return url;
}
