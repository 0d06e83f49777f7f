import type { Site } from '#ports/site-settings.ts';

import type { Evidence } from './state.ts';

/** What a failure means, in words. Literal text. */
export function cause(evidence: Evidence): string {
  return evidence.detail === '' ? evidence.class : evidence.detail;
}

/** Can a restart of the server cure it? Not the DNS, a certificate, a wrong address, or what never was the server. */
export function fitsRestart(evidence: Evidence): boolean {
  switch (evidence.class) {
    case 'dns':
    case 'cert':
    case 'blocked':
    case 'setup':
    case 'monitor':
      return false;
    case 'status':
      return evidence.status === undefined || evidence.status >= 500;
    case 'refused':
    case 'connect-timeout':
    case 'tls':
    case 'reset':
    case 'body':
    case 'deadline':
      return true;
  }
}

/** The likely cause and what to do about it. */
export function nextMove(evidence: Evidence, { name, inChat = false }: Pick<Site, 'name' | 'inChat'>): string {
  const there = inChat ? `with \`/deck sites edit ${name}\`` : 'in deckhand.yml';
  switch (evidence.class) {
    case 'dns':
      return `The DNS does not say what is expected. Check the records of the name, what is asked for (changed ${there}), and whether the domain is still registered; no server needs a restart for that.`;
    case 'refused':
      return 'The server answers, but nothing listens on the port: the service has stopped or still starts. Look at the service on the server.';
    case 'connect-timeout':
      return 'No connection: the server is stopped or hangs, or a firewall or security group lets nothing through. Look at its status checks with /fleet.';
    case 'tls':
      return 'The connection works, TLS does not: check what listens on the port and its TLS settings.';
    case 'cert':
      return 'Renew or correct the certificate and load it on every server behind the name.';
    case 'reset':
      return 'The connection is cut before an answer: the service crashes, or a proxy in front finds no healthy server. Look at both logs.';
    case 'status':
      return (evidence.status ?? 500) >= 500
        ? 'The service answers with an error of its own: look at its log and at what it depends on, such as the database.'
        : `The server works, but answers otherwise than expected: check the address and \`statuses\` ${there}, access rules, and the last deploy.`;
    case 'body':
      return `The server answers, but not what is expected: open the page and look. If the page has changed on purpose, change \`contains\` or \`expect\` ${there}.`;
    case 'deadline':
      return 'The server takes connections but does not finish in time: it is overloaded, hangs, or waits for something, such as the database.';
    case 'blocked':
      return 'The site redirects to where a check never follows. Correct the redirect on the server, or check the address that answers by itself.';
    case 'setup':
      return 'Deckhand cannot make this check as it is set up, so nobody knows about the site. The cause above says what to change.';
    case 'monitor':
      return 'This was a fault of Deckhand’s own machine, not of the site.';
  }
}
