/** What can be done with the photo that is open; the toolbar and the keyboard both lead here. */
export type Act =
  | 'close'
  | 'whole'
  | 'zoomIn'
  | 'playLive'
  | 'text'
  | 'people'
  | 'share'
  | 'edit'
  | 'favorite'
  | 'info'
  | 'talk'
  | 'remove'
  | 'play'
  | 'download'
  | 'album'
  | 'tag'
  | 'similar'
  | 'makeCover'
  | 'takeFromStack'
  | 'unstack'
  | 'archive'
  | 'lock'
  | 'restore';

export type Acts = Record<Act, () => void>;
