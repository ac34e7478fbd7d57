package dev.mtc;

import java.util.Arrays;

/** What a program says of one input or output. */
public final class Signature {
  private final String name;
  private final DType dtype;
  private final long[] dims;
  private final long[] minDims;
  private final long[] maxDims;

  /** {@code numbers} as {@link Native#signature} writes them. */
  Signature(String name, long[] numbers) {
    this.name = name;
    int rank = (int) numbers[1];
    dtype = DType.of(numbers[0]);
    dims = Arrays.copyOfRange(numbers, 2, 2 + rank);
    minDims = Arrays.copyOfRange(numbers, 2 + Native.MAX_RANK, 2 + Native.MAX_RANK + rank);
    maxDims = Arrays.copyOfRange(numbers, 2 + 2 * Native.MAX_RANK, 2 + 2 * Native.MAX_RANK + rank);
  }

  public String name() {
    return name;
  }

  public DType dtype() {
    return dtype;
  }

  /** -1 where the caller decides, from {@link #minDims} to {@link #maxDims}. */
  public long[] dims() {
    return dims.clone();
  }

  public long[] minDims() {
    return minDims.clone();
  }

  /** {@link Long#MAX_VALUE} where there is no limit. */
  public long[] maxDims() {
    return maxDims.clone();
  }

  @Override
  public String toString() {
    return name + ": " + dtype + Arrays.toString(dims);
  }
}
