import { existsSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
]

/** Flags under which a browser runs without a screen, a sandbox of its own, or calls to its maker. */
export const CHROME_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const HOW_TO_INSTALL_CHROME =
  'No Chrome or Chromium found: install one (Debian: apt-get install -y chromium fonts-liberation) or name it in CHROMIUM_PATH'

/** Path of an installed Chrome or Chromium; CHROMIUM_PATH goes first. Null when there is none. */
export const findChrome = (): string | null =>
  [process.env.CHROMIUM_PATH, ...PLACES].find((path): path is string => path !== undefined && path !== '' && existsSync(path)) ?? null
