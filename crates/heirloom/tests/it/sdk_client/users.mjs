// Accounts and what people set for themselves.
import { as, bytesOf, equal, file, ok, refused, sdk } from './world.mjs';

export default async function (world) {
  const me = await sdk.getMyUser();
  equal([me.email, me.name, me.isAdmin, me.status, me.oauthId], ['ada@example.org', 'Ada', true, 'active', '']);
  world.ada = me;
  const userAdminCreateDto = { email: 'Bob@Example.org', name: 'Bob', password: 'correct horse', quotaSizeInBytes: 1_000_000 };
  world.bob = await sdk.createUserAdmin({ userAdminCreateDto });
  equal([world.bob.email, world.bob.quotaSizeInBytes, world.bob.quotaUsageInBytes], ['bob@example.org', 1_000_000, 0]);
  const session = await sdk.login({ loginCredentialDto: { email: 'bob@example.org', password: 'correct horse' } });
  equal([session.userId, session.userEmail, session.isAdmin], [world.bob.id, 'bob@example.org', false]);
  world.asBob = as(session.accessToken);
  await refused(sdk.createUserAdmin({ userAdminCreateDto }, world.asBob), 403, 'Forbidden');

  const seen = await sdk.searchUsers(world.asBob);
  equal(seen.map(({ name }) => name), ['Ada', 'Bob']);
  equal(Object.keys(seen[0]).sort(), ['avatarColor', 'email', 'id', 'name', 'profileChangedAt', 'profileImagePath']);

  const renamed = await sdk.updateMyUser({ userUpdateMeDto: { name: 'Bobby', avatarColor: 'green' } }, world.asBob);
  equal([renamed.name, renamed.avatarColor, renamed.email], ['Bobby', 'green', 'bob@example.org']);
  await refused(sdk.updateMyUser({ userUpdateMeDto: { email: 'nonsense' } }, world.asBob), 400);
  equal((await sdk.getMyUser(world.asBob)).name, 'Bobby');

  const preferences = await sdk.getMyPreferences();
  for (const part of ['albums', 'cast', 'download', 'emailNotifications', 'folders', 'memories', 'people', 'purchase', 'ratings',
    'recentlyAdded', 'sharedLinks', 'tags']) ok(part in preferences, part);
  equal(preferences.memories.enabled, true);

  const picture = await file(world.folder, 'berlin.jpg');
  const made = await sdk.createProfileImage({ createProfileImageDto: { file: new File([picture], 'me.jpg') } }, world.asBob);
  equal(made.userId, world.bob.id);
  ok((await bytesOf(await sdk.getProfileImage({ id: world.bob.id }))).length > 100);
  ok((await sdk.getMyUser(world.asBob)).profileImagePath.length > 0);
  await refused(sdk.getProfileImage({ id: world.ada.id }), 404);
}
