// Logging in and out, the PIN, sessions of televisions.
import { as, equal, ok, refused, sdk } from './world.mjs';

export default async function (world) {
  const credential = { email: 'bob@example.org', password: 'correct horse' };
  await refused(sdk.login({ loginCredentialDto: { ...credential, password: 'wrong' } }), 401, 'Incorrect email or password');
  const asked = await refused(sdk.login({ loginCredentialDto: { password: 'x' } }), 400, 'Validation failed');
  equal(asked.errors[0].path, ['email']);
  const session = await sdk.login({ loginCredentialDto: credential });
  const phone = as(session.accessToken);
  equal(await sdk.validateAccessToken(phone), { authStatus: true });
  await refused(sdk.validateAccessToken(as('wrong')), 401, 'Invalid user token');

  const before = await sdk.getAuthStatus(phone);
  equal([before.isElevated, before.password, before.pinCode], [false, true, false]);
  await refused(sdk.setupPinCode({ pinCodeSetupDto: { pinCode: 'abc' } }, phone), 400);
  await sdk.setupPinCode({ pinCodeSetupDto: { pinCode: '123456' } }, phone);
  await refused(sdk.unlockAuthSession({ sessionUnlockDto: { pinCode: '000000' } }, phone), 400);
  await sdk.unlockAuthSession({ sessionUnlockDto: { pinCode: '123456' } }, phone);
  const open = await sdk.getAuthStatus(phone);
  equal([open.isElevated, open.pinCode], [true, true]);
  ok(new Date(open.pinExpiresAt) > new Date());
  equal((await sdk.getAuthStatus(world.asBob)).isElevated, false, 'only on the phone that gave the PIN');
  await sdk.lockAuthSession(phone);
  equal((await sdk.getAuthStatus(phone)).isElevated, false);

  const cast = await sdk.createSession({ sessionCreateDto: { duration: 900, deviceOS: 'TV', deviceType: 'cast' } }, phone);
  equal([cast.deviceOS, cast.deviceType, cast.current], ['TV', 'cast', false]);
  ok(Math.abs(new Date(cast.expiresAt) - Date.now() - 900_000) < 60_000);
  const shown = await fetch(`${world.address}/api/users/me?sessionKey=${cast.token}`);
  equal((await shown.json()).id, world.bob.id);
  await refused(sdk.createSession({ sessionCreateDto: {} }), 400, 'session token');

  const other = as((await sdk.login({ loginCredentialDto: credential })).accessToken);
  const change = { password: 'correct horse', newPassword: 'battery staple', invalidateSessions: false };
  await refused(sdk.changePassword({ changePasswordDto: { ...change, password: 'wrong' } }, phone), 400);
  equal((await sdk.changePassword({ changePasswordDto: change }, phone)).id, world.bob.id);
  await sdk.getMyUser(other);
  await refused(sdk.login({ loginCredentialDto: credential }), 401);
  const again = { password: 'battery staple', newPassword: 'correct horse', invalidateSessions: true };
  await sdk.changePassword({ changePasswordDto: again }, phone);
  await refused(sdk.getMyUser(other), 401);

  const out = await sdk.logout(phone);
  equal(out, { successful: true, redirectUri: '/auth/login?autoLaunch=0' });
  await refused(sdk.getMyUser(phone), 401, 'Invalid user token');
  world.asBob = as((await sdk.login({ loginCredentialDto: credential })).accessToken);
}
