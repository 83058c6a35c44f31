import '@fontsource-variable/inter/wght.css';
import './design/tokens.css';
import './design/base.css';
import { mount } from 'svelte';
import App from './app/App.svelte';
import { nextTask } from './app/idle';
import { install } from './app/install';
import { router } from './app/router.svelte';
import { preferredLanguage, useLanguage } from './messages/messages.svelte';

// The page's code is on its way while the language loads and the server is asked who we are.
void router.place.route?.load().catch(() => undefined);
await useLanguage(preferredLanguage());
await nextTask();
const target = document.getElementById('app');
if (target) mount(App, { target });
await nextTask();
install();
