package dev.mtc;

/** The bytes that a session takes. */
public final class Memory {
  private final long[] numbers = new long[4];

  Memory(long session) {
    Native.memory(session, numbers);
  }

  /** Of tensors between input and output, now. */
  public long arena() {
    return numbers[0];
  }

  /** Of kernels while they run, in the arena's block. */
  public long scratch() {
    return numbers[1];
  }

  public long state() {
    return numbers[2];
  }

  /** Of packed weights, which the program's sessions share. */
  public long packed() {
    return numbers[3];
  }
}
