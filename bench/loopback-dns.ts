import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

/** Loaded before Deckhand by `--import FILE?SERVER`, so that its checks ask the DNS of the bench; nothing else changes. */
const server = new URL(import.meta.url).search.slice(1);
const { Resolver } = dns.promises;
dns.promises.Resolver = class extends Resolver {
  constructor(...options: ConstructorParameters<typeof Resolver>) {
    super(...options);
    this.setServers([server]);
  }
};
syncBuiltinESMExports();
