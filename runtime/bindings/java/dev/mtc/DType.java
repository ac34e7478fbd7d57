package dev.mtc;

/** The type of a tensor's elements, in the order of the C API's mtc_dtype. */
public enum DType {
  F32(4),
  F64(8),
  /** Half precision: its bits, in a short. */
  F16(2),
  /** The upper half of a float's bits, in a short. */
  BF16(2),
  I8(1),
  U8(1),
  I16(2),
  I32(4),
  I64(8),
  /** A byte, 0 or 1. */
  BOOL(1);

  private static final DType[] ALL = values();

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** The bytes of one element. */
  public int bytes() {
    return bytes;
  }

  static DType of(long number) {
    return ALL[(int) number];
  }
}
