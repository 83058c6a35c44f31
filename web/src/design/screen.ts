import { MediaQuery } from 'svelte/reactivity';

/** As wide as a phone, in the words of the style sheets. What only one of both shows is not made for the other. */
export const narrow = new MediaQuery('(max-width: 860px)');
