/**
 * Texts in one piece, for the calls that come most often: an object takes a single text apart far cheaper than a call takes
 * apart the values it carries. JSON never holds a line break, so that one can stand between.
 */
export const joinLines = (...texts: readonly string[]): string => texts.join('\n')
export const splitLines = (text: string): string[] => text.split('\n')
