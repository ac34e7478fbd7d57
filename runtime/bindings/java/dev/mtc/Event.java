package dev.mtc;

/** One executed instruction of a profiled run. */
public final class Event {
  private final String[] texts = new String[3];
  private final long[] numbers = new long[4];

  Event(long session, long index) {
    for (int i = 0; i < texts.length; ++i) {
      texts[i] = Native.text(Native.event(session, index, i, numbers));
    }
  }

  /** Such as {@code conv2d@xnnpack:f32/1}. */
  public String kernel() {
    return texts[0];
  }

  /** What the compiler calls the result; empty where the program does not say. */
  public String name() {
    return texts[1];
  }

  /** The source line; empty where the program does not say. */
  public String location() {
    return texts[2];
  }

  /** Since the run began. */
  public long startNanos() {
    return numbers[0];
  }

  public long durationNanos() {
    return numbers[1];
  }

  @Override
  public String toString() {
    return kernel() + " " + durationNanos() + " ns";
  }
}
