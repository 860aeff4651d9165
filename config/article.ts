// "a" or "an", where a text is made of a noun that is not known beforehand.

/** What is spoken with a vowel first: words, letters of abbreviations by their names, and numbers. */
const VOWEL =
  /^(?:[aeiAEI]|[oO](?!ne\b)|[uU](?=[a-z])(?!n[iI]|s[aei]|ti)|[FHLMNRSX](?=[A-Z\d/-]|$)|x86|8|1[18]\b)/;

/** The noun behind its indefinite article. */
export const withArticle = (noun: string): string => `${VOWEL.test(noun) ? "an" : "a"} ${noun}`;
