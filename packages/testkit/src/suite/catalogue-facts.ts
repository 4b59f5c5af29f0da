/** A record the catalogue is certain to have. */
export const KNOWN_RECORD = 'austen-pride-and-prejudice';

/** What a model might make of its id. */
export const MISSPELT_RECORD = 'austin-pride-and-prejudise';
