import fs from 'node:fs';
import { mergeRules } from '../rules.js';

export const kRules = JSON.parse(fs.readFileSync(new URL('../rules.json', import.meta.url), 'utf8'));

/** The default rules with some changed. */
export const rulesWith = (given, own) => mergeRules(kRules, given, own);
