/**
 * How the music counts time, on every thread: in frames of the one sample rate that the protocol has.
 * @module audio
 */

export const SAMPLE_RATE_HZ = 48000;
export const FRAMES_A_MINUTE = 60 * SAMPLE_RATE_HZ;
