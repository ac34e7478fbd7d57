package dev.mtc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongFunction;

/** A program: what it takes and gives. Sessions run it; they keep it, so it may be closed before them. */
public final class Program implements AutoCloseable {
  private static final int PIECE = 1 << 16;

  final Handle handle;
  private final List<Function> functions;

  private Program(long address, ByteBuffer memory) {
    handle = new Handle(this, "program", address, new Destroy(address, memory));
    List<Function> found = new ArrayList<>();
    for (long i = 0; i < Native.functionCount(address); ++i) {
      found.add(new Function(address, i));
    }
    functions = Collections.unmodifiableList(found);
  }

  /** A class of its own, which does not know the program that it ends. */
  private static final class Destroy implements Runnable {
    private final long address;

    @SuppressWarnings("unused")
    private final ByteBuffer memory; // the program reads it as long as it lives

    Destroy(long address, ByteBuffer memory) {
      this.address = address;
      this.memory = memory;
    }

    @Override
    public void run() {
      Native.destroyProgram(address);
    }
  }

  /** From a file. An MtcException if it cannot be read, is damaged, or needs kernels that this runtime lacks. */
  public static Program load(String path) {
    Handle.collect();
    return new Program(Native.loadFile(Native.bytes(path)), null);
  }

  /**
   * From what lies between the buffer's position and its limit. A direct buffer, such as a mapped file, is used where
   * it is and must not change while the program lives; another is copied.
   */
  public static Program load(ByteBuffer bytes) {
    Handle.collect();
    ByteBuffer memory = bytes.isDirect() ? bytes.slice() : copied(bytes.duplicate());
    return new Program(Native.loadMemory(memory, memory.capacity()), memory);
  }

  /** From all that the stream still gives, which is copied. The stream stays open. */
  public static Program load(InputStream stream) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    byte[] piece = new byte[PIECE];
    for (int count = stream.read(piece); count >= 0; count = stream.read(piece)) {
      read.write(piece, 0, count);
    }
    return load(ByteBuffer.wrap(read.toByteArray()));
  }

  /**
   * From a range of an open file, whose descriptor may be closed afterwards. Of an Android asset, not compressed:
   *
   * <pre>{@code
   * try (AssetFileDescriptor asset = context.getAssets().openFd("mtc/net.mtp")) {
   *   program = Program.load(
   *       asset.getParcelFileDescriptor().getFd(), asset.getStartOffset(), asset.getLength());
   * }
   * }</pre>
   */
  public static Program load(int descriptor, long offset, long length) {
    if (offset < 0 || length < 0) {
      throw MtcException.invalid("a file has no bytes from " + offset + ", " + length + " of them");
    }
    Handle.collect();
    return new Program(Native.loadDescriptor(descriptor, offset, length), null);
  }

  private static ByteBuffer copied(ByteBuffer bytes) {
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes.remaining());
    memory.put(bytes);
    return memory;
  }

  /** The version of the runtime. */
  public static String runtimeVersion() {
    return Native.text(Native.version());
  }

  /** The keys of the runtime's kernels. */
  public static List<String> runtimeKernels() {
    return listed(Native::runtimeKernel);
  }

  /** Texts until there are no more. */
  private static List<String> listed(LongFunction<byte[]> at) {
    List<String> found = new ArrayList<>();
    for (byte[] text = at.apply(0); text != null; text = at.apply(found.size())) {
      found.add(Native.text(text));
    }
    return found;
  }

  /** The functions that can be run. */
  public List<Function> functions() {
    return functions;
  }

  public Function function(String name) {
    List<String> names = new ArrayList<>();
    for (Function function : functions) {
      if (function.name().equals(name)) {
        return function;
      }
      names.add(function.name());
    }
    throw MtcException.invalid("no function is called `" + name + "`: the program has " + names);
  }

  /** The inputs of the first function, which is the only one of most programs. */
  public List<Signature> inputs() {
    return functions.get(0).inputs();
  }

  public List<Signature> outputs() {
    return functions.get(0).outputs();
  }

  /** The keys of the kernels that the program needs. */
  public List<String> kernels() {
    return handle.ask(address -> listed(index -> Native.programKernel(address, index)));
  }

  /** What the program says under a key; null if nothing. */
  public String metadata(String key) {
    return handle.ask(address -> Native.text(Native.metadata(address, Native.bytes(key))));
  }

  /** The example of an input that the program carries, as a copy; null if it carries none. */
  public Tensor sampleInput(int index) {
    return handle.ask(address -> sample(address, false, index));
  }

  /** What the source model gave for the sample inputs, as a copy; null if the program does not say. */
  public Tensor sampleOutput(int index) {
    return handle.ask(address -> sample(address, true, index));
  }

  private static Tensor sample(long address, boolean isOutput, int index) {
    if (!Native.sample(address, 0, isOutput, index, new long[Native.TENSOR_NUMBERS], null)) {
      return null;
    }
    return Tensor.read((numbers, data) -> Native.sample(address, 0, isOutput, index, numbers, data));
  }

  /** A session that runs it on the calling thread. */
  public Session session() {
    return session(new SessionOptions());
  }

  public Session session(SessionOptions options) {
    return new Session(this, options);
  }

  /** Sessions that are open go on. */
  @Override
  public void close() {
    handle.close();
  }
}
