/** The revision of the modern era that the suite speaks. */
export const MODERN_REVISION = '2026-07-28';

/** The last revision of the legacy era. */
export const LEGACY_REVISION = '2025-11-25';
