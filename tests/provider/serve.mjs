// A real provider of OpenID Connect with pages of its own. Its people stand in a file, which is read
// at each question. Arguments: port, the file of people, the file of settings.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port, people, settings] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const { client, keys } = read(settings);
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  clients: [client],
  jwks: { keys },
  cookies: { keys: ['a key of a test'] },
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  features: { backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  pkce: { required: () => true },
  ttl: { Session: 3600, Grant: 3600, Interaction: 3600, IdToken: 3600, AccessToken: 3600 },
  // As it is shipped it calls no address of this machine; here the estate is on this machine.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  async findAccount(_, id) {
    const known = read(people)[id];
    return known && { accountId: id, claims: async () => ({ sub: id, ...known }) };
  },
});
provider.on('server_error', (_, error) => console.error(error));
provider.on('backchannel.error', (_, error) => console.error(error));
createServer(provider.callback()).listen(Number(port), '127.0.0.1');
