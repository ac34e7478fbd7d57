package dev.mtc;

/** How a session runs: {@code new SessionOptions().threads(4).profile(true)}. */
public final class SessionOptions {
  int threads = 1;
  long maxMemory;
  boolean profile;

  /** How many threads a run takes, the calling one included. */
  public SessionOptions threads(int count) {
    if (count < 1) {
      throw MtcException.invalid("a session needs at least 1 thread, not " + count);
    }
    threads = count;
    return this;
  }

  /** Bytes that the session may take for tensors and state; 0 is no limit but the system's. */
  public SessionOptions maxMemory(long bytes) {
    if (bytes < 0) {
      throw MtcException.invalid("memory cannot be limited to " + bytes + " bytes");
    }
    maxMemory = bytes;
    return this;
  }

  /** Whether {@link Session#profile} gets the time of every instruction. */
  public SessionOptions profile(boolean wanted) {
    profile = wanted;
    return this;
  }
}
