// A mail server that lets in one account, over TLS with the key and the certificate of its arguments. Says each letter it
// took as one line; refuses letters to `refused@…` for good, and the first to `later@…` for now.
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

const [key, cert] = process.argv.slice(2);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const refusal = (code, text) => Object.assign(new Error(text), { responseCode: code });
let refusals = 0;

const server = new SMTPServer({
  key,
  cert,
  disableReverseLookup: true,
  authMethods: ['PLAIN', 'LOGIN'],
  onAuth({ username, password }, session, done) {
    const isKnown = username === 'heirloom' && password === 'a secret: 100% & more';
    done(isKnown ? null : refusal(535, 'unknown account'), { user: username });
  },
  onRcptTo({ address }, session, done) {
    if (address.startsWith('refused@')) return done(refusal(550, 'nobody of that name here'));
    if (address.startsWith('later@') && refusals++ === 0) {
      say({ put: 'off' });
      return done(refusal(451, 'come again'));
    }
    done();
  },
  async onData(stream, session, done) {
    const { from, to, replyTo, subject, text, html, messageId } = await simpleParser(stream);
    say({ from: from.text, to: to.text, replyTo: replyTo?.text, subject, text, html, id: messageId, user: session.user, isSecure: session.secure });
    done();
  },
});
server.on('error', (error) => say({ error: error.message }));
server.listen(0, '127.0.0.1', () => say({ port: server.server.address().port }));
