package dev.mtc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A dense array in row-major order. Its dims are fixed; its data may be written again between runs. */
public final class Tensor {
  private final DType dtype;
  private final long[] dims;
  private final ByteBuffer data; // direct, from its first to its last byte

  private Tensor(DType dtype, long[] dims, ByteBuffer data) {
    this.dtype = dtype;
    this.dims = dims;
    this.data = data;
  }

  /** Of zeros. */
  public static Tensor zeros(DType dtype, long... dims) {
    return new Tensor(dtype, dims.clone(), allocate(size(dtype, dims)));
  }

  /**
   * What lies between the buffer's position and its limit. A direct buffer is used where it is, so that later changes
   * are seen; another is copied. Elements have the processor's byte order, and the buffer must say so.
   */
  public static Tensor of(DType dtype, ByteBuffer buffer, long... dims) {
    checkCount(size(dtype, dims), buffer.remaining(), "bytes", dims);
    if (dtype.bytes() > 1 && buffer.order() != ByteOrder.nativeOrder()) {
      throw MtcException.invalid(
          "the buffer is " + buffer.order() + ", which this processor is not: set ByteOrder.nativeOrder() first");
    }
    if (buffer.isDirect()) {
      return new Tensor(dtype, dims.clone(), buffer.slice());
    }
    Tensor copy = zeros(dtype, dims);
    copy.data().put(buffer.duplicate());
    return copy;
  }

  /** A copy, as are those that follow. */
  public static Tensor of(float[] values, long... dims) {
    Tensor copy = sized(DType.F32, values.length, dims);
    copy.data().asFloatBuffer().put(values);
    return copy;
  }

  public static Tensor of(double[] values, long... dims) {
    Tensor copy = sized(DType.F64, values.length, dims);
    copy.data().asDoubleBuffer().put(values);
    return copy;
  }

  public static Tensor of(int[] values, long... dims) {
    Tensor copy = sized(DType.I32, values.length, dims);
    copy.data().asIntBuffer().put(values);
    return copy;
  }

  public static Tensor of(long[] values, long... dims) {
    Tensor copy = sized(DType.I64, values.length, dims);
    copy.data().asLongBuffer().put(values);
    return copy;
  }

  public static Tensor of(boolean[] values, long... dims) {
    Tensor copy = sized(DType.BOOL, values.length, dims);
    for (int i = 0; i < values.length; ++i) {
      copy.data.put(i, (byte) (values[i] ? 1 : 0));
    }
    return copy;
  }

  /** Of a dtype of two bytes: I16, or the bits of F16 or BF16. */
  public static Tensor of(DType dtype, short[] values, long... dims) {
    checkBytes(dtype, Short.BYTES);
    Tensor copy = sized(dtype, values.length, dims);
    copy.data().asShortBuffer().put(values);
    return copy;
  }

  /** Of a dtype of one byte: I8, U8 or BOOL. */
  public static Tensor of(DType dtype, byte[] values, long... dims) {
    checkBytes(dtype, Byte.BYTES);
    Tensor copy = sized(dtype, values.length, dims);
    copy.data().put(values);
    return copy;
  }

  public DType dtype() {
    return dtype;
  }

  /** Empty for a single number. */
  public long[] dims() {
    return dims.clone();
  }

  /** The number of elements. */
  public int count() {
    return data.capacity() / dtype.bytes();
  }

  /** The data itself, not a copy, in the processor's byte order; with a position of its own. */
  public ByteBuffer data() {
    ByteBuffer view = data.duplicate();
    view.clear();
    return view.order(ByteOrder.nativeOrder());
  }

  /** A copy. An MtcException if the tensor is not F32; the same holds for those that follow. */
  public float[] toFloats() {
    check(DType.F32);
    float[] values = new float[count()];
    data().asFloatBuffer().get(values);
    return values;
  }

  public double[] toDoubles() {
    check(DType.F64);
    double[] values = new double[count()];
    data().asDoubleBuffer().get(values);
    return values;
  }

  public int[] toInts() {
    check(DType.I32);
    int[] values = new int[count()];
    data().asIntBuffer().get(values);
    return values;
  }

  public long[] toLongs() {
    check(DType.I64);
    long[] values = new long[count()];
    data().asLongBuffer().get(values);
    return values;
  }

  public boolean[] toBooleans() {
    check(DType.BOOL);
    boolean[] values = new boolean[count()];
    for (int i = 0; i < values.length; ++i) {
      values[i] = data.get(i) != 0;
    }
    return values;
  }

  /** Of a dtype of two bytes: numbers of I16, the bits of F16 or BF16. */
  public short[] toShorts() {
    checkBytes(dtype, Short.BYTES);
    short[] values = new short[count()];
    data().asShortBuffer().get(values);
    return values;
  }

  /** Of a dtype of one byte. Those of U8 above 127 are negative here: {@code b & 0xff} is the number. */
  public byte[] toBytes() {
    checkBytes(dtype, Byte.BYTES);
    byte[] values = new byte[count()];
    data().get(values);
    return values;
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(dims);
  }

  /** A tensor whose description and data {@code source} gives, in this order. */
  static Tensor read(Source source) {
    long[] numbers = new long[Native.TENSOR_NUMBERS];
    source.read(numbers, null);
    ByteBuffer data = allocate(numbers[1]);
    source.read(numbers, data);
    return new Tensor(DType.of(numbers[0]), Arrays.copyOfRange(numbers, 3, 3 + (int) numbers[2]), data);
  }

  /** Describes a tensor as {@link Native} does; writes its data if {@code data} is not null. */
  interface Source {
    void read(long[] numbers, ByteBuffer data);
  }

  /** The data, for the native methods. */
  ByteBuffer direct() {
    return data;
  }

  /** Writes what {@link Native#run} wants to know. */
  void describe(long[] numbers, int at) {
    numbers[at] = dtype.ordinal();
    numbers[at + 1] = data.capacity();
    numbers[at + 2] = dims.length;
    System.arraycopy(dims, 0, numbers, at + 3, dims.length);
  }

  private static Tensor sized(DType dtype, int count, long... dims) {
    long size = size(dtype, dims);
    checkCount(size / dtype.bytes(), count, "elements", dims);
    return new Tensor(dtype, dims.clone(), allocate(size));
  }

  private static long size(DType dtype, long... dims) {
    if (dims.length > Native.MAX_RANK) {
      throw MtcException.invalid(dims.length + " dims are more than " + Native.MAX_RANK + ", which a tensor may have");
    }
    long size = dtype.bytes();
    boolean isEmpty = false;
    for (long dim : dims) {
      if (dim < 0) {
        throw MtcException.invalid("a dim is negative: " + Arrays.toString(dims));
      }
      isEmpty |= dim == 0;
    }
    for (long dim : dims) {
      if (!isEmpty && size > Integer.MAX_VALUE / dim) {
        throw tooLarge(dtype + Arrays.toString(dims));
      }
      size *= dim;
    }
    return size;
  }

  private static ByteBuffer allocate(long size) {
    if (size > Integer.MAX_VALUE) {
      throw tooLarge(size + " bytes");
    }
    return ByteBuffer.allocateDirect((int) size);
  }

  private static MtcException tooLarge(String what) {
    return MtcException.invalid(what + " is more than the 2 GB that a buffer of Java can hold");
  }

  private static void checkCount(long expected, long given, String what, long... dims) {
    if (expected != given) {
      throw MtcException.invalid(
          "dims " + Arrays.toString(dims) + " are of " + expected + " " + what + ", but " + given + " are given");
    }
  }

  private static void checkBytes(DType dtype, int bytes) {
    if (dtype.bytes() != bytes) {
      throw MtcException.invalid("an element of " + dtype + " has " + dtype.bytes() + " bytes, not " + bytes);
    }
  }

  private void check(DType expected) {
    if (dtype != expected) {
      throw MtcException.invalid("the tensor is of " + dtype + ", not " + expected);
    }
  }
}
