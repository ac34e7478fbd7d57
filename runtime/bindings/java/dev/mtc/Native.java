package dev.mtc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The C API, as mtc_jni.cpp gives it: handles are its pointers, texts are in UTF-8. Only {@link Handle} keeps handles.
 * What fails throws {@link MtcException}.
 */
final class Native {
  static final int MAX_RANK = 8;
  /** How many numbers describe a tensor: dtype, bytes, rank, dims. */
  static final int TENSOR_NUMBERS = 3 + MAX_RANK;
  /** How many numbers describe an input or output: dtype, rank, dims, least dims, largest dims. */
  static final int SIGNATURE_NUMBERS = 2 + 3 * MAX_RANK;

  static {
    System.loadLibrary("mtc_jni");
  }

  private Native() {}

  static native byte[] version();

  static native byte[] runtimeKernel(long index);

  static native long loadFile(byte[] path);

  static native long loadMemory(ByteBuffer data, long size);

  static native long loadDescriptor(int descriptor, long offset, long size);

  static native void destroyProgram(long program);

  static native long functionCount(long program);

  static native byte[] functionName(long program, long function);

  static native byte[] programKernel(long program, long index);

  static native byte[] metadata(long program, byte[] key);

  static native long valueCount(long program, long function, boolean isOutput);

  static native byte[] signature(long program, long function, boolean isOutput, long index, long[] numbers);

  static native boolean sample(
      long program, long function, boolean isOutput, long index, long[] numbers, ByteBuffer data);

  static native long createSession(long program, int threads, long maxMemory, boolean profile);

  static native void destroySession(long session);

  static native void run(long session, long function, ByteBuffer[] data, long[] numbers);

  static native void output(long session, long function, long index, long[] numbers, ByteBuffer data);

  static native void cancel(long session);

  static native void setStepBudget(long session, long instructions);

  static native long stateSize(long session);

  static native void resetState(long session);

  static native void saveState(long session, ByteBuffer data, long size);

  static native void restoreState(long session, ByteBuffer data, long size);

  static native void memory(long session, long[] numbers);

  static native long eventCount(long session);

  static native byte[] event(long session, long index, int text, long[] numbers);

  /** What C gave; null stays null. */
  static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /** What C takes, where a text ends at its first zero. */
  static byte[] bytes(String text) {
    if (text.indexOf('\0') >= 0) {
      throw MtcException.invalid("a text holds a zero: `" + text.replace("\0", "\\0") + "`");
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
