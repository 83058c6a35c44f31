import type { Messages } from '../messages.svelte';
import common from './common.json';
import nav from './nav.json';
import photos from './photos.json';
import timeline from './timeline.json';
import empty from './empty.json';
import welcome from './welcome.json';
import upload from './upload.json';
import viewer from './viewer.json';
import albums from './albums.json';
import links from './links.json';
import share from './share.json';
import search from './search.json';
import help from './help.json';
import places from './places.json';
import people from './people.json';
import tags from './tags.json';
import folders from './folders.json';
import partners from './partners.json';
import large from './large.json';
import duplicates from './duplicates.json';
import memories from './memories.json';
import map from './map.json';
import settings from './settings.json';
import admin from './admin.json';
import frame from './frame.json';
import editor from './editor.json';
import system from './system.json';
import libraries from './libraries.json';
import models from './models.json';
import maintenance from './maintenance.json';
import rules from './rules.json';

export default {
  common,
  nav,
  photos,
  timeline,
  empty,
  welcome,
  upload,
  viewer,
  albums,
  links,
  share,
  search,
  help,
  places,
  people,
  tags,
  folders,
  partners,
  large,
  duplicates,
  memories,
  map,
  settings,
  admin,
  frame,
  editor,
  system,
  libraries,
  models,
  maintenance,
  rules,
} satisfies Messages;
