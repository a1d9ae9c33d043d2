import type { Context } from 'mocha';
import { chromium, type Browser } from 'playwright-core';
import { needs } from './required.js';

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where Chromium is. Skips what needs it where it is not installed. */
export function chromiumPath(context: Context): string {
  return needs(context, 'chromium');
}

/** Starts Chromium, without a window and without calls home. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: quietly });
}
