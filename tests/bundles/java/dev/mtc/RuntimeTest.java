package dev.mtc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an app does with the classes of the AAR; test_aar.py wrote the programs and says what torch computes. */
@Timeout(60)
class RuntimeTest {
  private static final Path PROGRAMS = Paths.get(System.getProperty("mtc.programs"));
  private static final int MANY = 8;
  private static final float TOLERANCE = 1e-5f;

  private static String file(String name) {
    return PROGRAMS.resolve(name).toString();
  }

  private static Tensor ones() {
    float[] values = new float[12];
    Arrays.fill(values, 1);
    return Tensor.of(values, 2, 6);
  }

  private static float[] expected() {
    String[] words = System.getProperty("mtc.expected").split(",");
    float[] values = new float[words.length];
    for (int i = 0; i < values.length; ++i) {
      values[i] = Float.parseFloat(words[i]);
    }
    return values;
  }

  private static void assertRefused(MtcException.Status status, String message, Callable<?> call) {
    MtcException refusal = assertThrows(MtcException.class, call::call);
    assertEquals(status, refusal.status(), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  private static void assertInvalid(String message, Callable<?> call) {
    assertRefused(MtcException.Status.INVALID_ARGUMENT, message, call);
  }

  private static void assertRuns(Program program) {
    try (Session session = program.session()) {
      List<Tensor> results = session.run(ones());
      assertEquals(1, results.size());
      assertArrayEquals(new long[] {2, 5}, results.get(0).dims());
      assertArrayEquals(expected(), results.get(0).toFloats(), TOLERANCE);
    }
  }

  @Test
  void saysWhatItIs() {
    try (Program program = Program.load(file("net.mtp"))) {
      assertEquals(1, program.functions().size());
      assertEquals("forward", program.function("forward").name());
      Signature input = program.inputs().get(0);
      assertEquals(DType.F32, input.dtype());
      assertArrayEquals(new long[] {2, 6}, input.dims());
      assertEquals(DType.F32, program.outputs().get(0).dtype());
      assertTrue(program.kernels().contains("tanh@portable:f32/1"), program.kernels().toString());
      assertTrue(Program.runtimeKernels().containsAll(program.kernels()));
      assertTrue(Program.runtimeVersion().matches("\\d+\\.\\d+\\.\\d+"));
      assertEquals("naïve 🙂", program.metadata("greeting \u03b1"));
      assertNull(program.metadata("nothing"));
      assertArrayEquals(expected(), program.sampleOutput(0).toFloats(), TOLERANCE);
      assertArrayEquals(ones().toFloats(), program.sampleInput(0).toFloats());
      assertNull(program.sampleInput(7));
      assertInvalid("backward", () -> program.function("backward"));
    }
  }

  @Test
  void loadsFromAnywhere() throws Exception {
    byte[] bytes = Files.readAllBytes(PROGRAMS.resolve("net.mtp"));
    try (Program program = Program.load(file("net.mtp"))) {
      assertRuns(program);
    }
    try (Program program = Program.load(ByteBuffer.wrap(bytes))) {
      assertRuns(program);
    }
    try (Program program = Program.load(new ByteArrayInputStream(bytes))) {
      assertRuns(program);
    }
    try (FileChannel channel = FileChannel.open(PROGRAMS.resolve("net.mtp"));
        Program program = Program.load(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()))) {
      System.gc(); // the program keeps the mapping
      assertRuns(program);
    }
    Path inside = Files.createTempFile("inside", ".bin");
    byte[] around = new byte[bytes.length + 150];
    System.arraycopy(bytes, 0, around, 100, bytes.length);
    Files.write(inside, around);
    try (FileInputStream stream = new FileInputStream(inside.toFile());
        Program program = Program.load(number(stream.getFD()), 100, bytes.length)) {
      assertRuns(program);
    } finally {
      Files.delete(inside);
    }
  }

  private static int number(FileDescriptor descriptor) throws ReflectiveOperationException {
    Field field = FileDescriptor.class.getDeclaredField("fd");
    field.setAccessible(true);
    return field.getInt(descriptor);
  }

  @Test
  void refusesWhatIsNoProgram() throws Exception {
    byte[] bytes = Files.readAllBytes(PROGRAMS.resolve("net.mtp"));
    byte[] cut = Arrays.copyOf(bytes, bytes.length / 2);
    assertRefused(MtcException.Status.INVALID_PROGRAM, "", () -> Program.load(ByteBuffer.wrap(cut)));
    assertRefused(MtcException.Status.INVALID_PROGRAM, "", () -> Program.load(ByteBuffer.wrap(new byte[1000])));
    assertRefused(MtcException.Status.INVALID_PROGRAM, "", () -> Program.load(ByteBuffer.allocate(0)));
    assertRefused(MtcException.Status.MISSING_KERNEL, "sin@portable:f32/1", () -> Program.load(file("sin.mtp")));
    assertRefused(MtcException.Status.IO, "nöthing.mtp", () -> Program.load(file("nöthing.mtp")));
    assertRefused(MtcException.Status.IO, "", () -> Program.load(-1, 0, 100));
    assertInvalid("-5", () -> Program.load(0, -5, 100));
    assertInvalid("zero", () -> Program.load("net.mtp\0.txt"));
    assertThrows(NullPointerException.class, () -> Program.load((String) null));
  }

  @Test
  void takesInputsByName() {
    try (Program program = Program.load(file("net.mtp")); Session session = program.session()) {
      String name = program.inputs().get(0).name();
      Map<String, Tensor> results = session.run(Collections.singletonMap(name, ones()));
      assertEquals(Collections.singleton(program.outputs().get(0).name()), results.keySet());
      assertArrayEquals(expected(), results.values().iterator().next().toFloats(), TOLERANCE);
      assertInvalid("`picture`", () -> session.run(Collections.singletonMap("picture", ones())));
      assertInvalid("is not given", () -> session.run(Collections.<String, Tensor>emptyMap()));
    }
  }

  @Test
  void refusesInputsThatDoNotFit() {
    try (Program program = Program.load(file("net.mtp"));
        Program other = Program.load(file("net.mtp"));
        Session session = program.session()) {
      assertInvalid("f64", () -> session.run(Tensor.zeros(DType.F64, 2, 6)));
      assertInvalid("", () -> session.run(Tensor.zeros(DType.F32, 6, 2)));
      assertInvalid("", () -> session.run(Tensor.zeros(DType.F32, 12)));
      assertInvalid("", () -> session.run());
      assertInvalid("", () -> session.run(ones(), ones()));
      assertInvalid("another program", () -> session.run(other.functions().get(0), ones()));
      assertThrows(NullPointerException.class, () -> session.run(ones(), null));
      assertArrayEquals(expected(), session.run(ones()).get(0).toFloats(), TOLERANCE); // it goes on
    }
  }

  @Test
  void tensorsAreWhatTheySay() {
    assertArrayEquals(new float[] {1, 2}, Tensor.of(new float[] {1, 2}, 2).toFloats());
    assertArrayEquals(new double[] {1, 2}, Tensor.of(new double[] {1, 2}, 1, 2).toDoubles());
    assertArrayEquals(new int[] {1, -2}, Tensor.of(new int[] {1, -2}, 2).toInts());
    assertArrayEquals(new boolean[] {true, false}, Tensor.of(new boolean[] {true, false}, 2).toBooleans());
    assertArrayEquals(new short[] {1, -2}, Tensor.of(DType.BF16, new short[] {1, -2}, 2).toShorts());
    assertArrayEquals(new byte[] {1, -2}, Tensor.of(DType.U8, new byte[] {1, -2}, 2).toBytes());
    assertEquals(0, Tensor.zeros(DType.F32, 0, 1L << 40).count());
    assertEquals(1, Tensor.of(new float[] {3}).count()); // a single number has no dims
    assertInvalid("of 3 elements, but 2 are given", () -> Tensor.of(new float[] {1, 2}, 3));
    assertInvalid("negative", () -> Tensor.zeros(DType.F32, -1));
    assertInvalid("2 GB", () -> Tensor.zeros(DType.F32, 1 << 20, 1 << 20));
    assertInvalid("2 GB", () -> Tensor.zeros(DType.F32, 1L << 62, 4));
    assertInvalid("9 dims", () -> Tensor.zeros(DType.F32, new long[9]));
    assertInvalid("4 bytes, not 2", () -> Tensor.of(DType.F32, new short[2], 2));
    assertInvalid("F32, not I64", () -> Tensor.zeros(DType.F32, 2).toLongs());
    assertInvalid("BIG_ENDIAN", () -> Tensor.of(DType.F32, ByteBuffer.allocate(8).order(ByteOrder.BIG_ENDIAN), 2));
    ByteBuffer direct = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
    direct.position(4);
    Tensor tensor = Tensor.of(DType.F32, direct, 2);
    direct.putFloat(8, 7f);
    assertArrayEquals(new float[] {0, 7}, tensor.toFloats()); // where it is
    ByteBuffer heap = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    Tensor copy = Tensor.of(DType.F32, heap, 2);
    heap.putFloat(0, 7f);
    assertArrayEquals(new float[] {0, 0}, copy.toFloats());
  }

  @Test
  void numbersOf64BitsStayWhole() {
    long[] values = {Long.MIN_VALUE, (1L << 53) + 1, Long.MAX_VALUE};
    try (Program program = Program.load(file("i64.mtp")); Session session = program.session()) {
      assertArrayEquals(values, session.run(Tensor.of(values, 3)).get(0).toLongs());
    }
  }

  @Test
  void unalignedAndEmptyInputs() {
    ByteBuffer memory = ByteBuffer.allocateDirect(25).order(ByteOrder.nativeOrder());
    memory.position(1);
    memory.duplicate().order(ByteOrder.nativeOrder()).putLong(1).putLong(2).putLong(3);
    try (Program program = Program.load(file("i64.mtp")); Session session = program.session()) {
      assertArrayEquals(new long[] {1, 2, 3}, session.run(Tensor.of(DType.I64, memory, 3)).get(0).toLongs());
    }
    try (Program program = Program.load(file("any.mtp")); Session session = program.session()) {
      assertEquals(-1, program.inputs().get(0).dims()[0]);
      assertArrayEquals(new long[0], session.run(Tensor.zeros(DType.I64, 0)).get(0).toLongs());
      assertArrayEquals(new long[] {9}, session.run(Tensor.of(new long[] {9}, 1)).get(0).toLongs());
    }
  }

  @Test
  void stateIsKeptSavedAndReset() {
    float[] x = {0.5f, -2};
    float[] later = {(float) Math.tanh(Math.tanh(0.5)), (float) Math.tanh(Math.tanh(-2))};
    try (Program program = Program.load(file("state.mtp")); Session session = program.session()) {
      ByteBuffer first = session.saveState();
      assertEquals(8, first.capacity());
      assertArrayEquals(new float[2], session.run(Tensor.of(x, 2)).get(0).toFloats());
      assertArrayEquals(later, session.run(Tensor.of(x, 2)).get(0).toFloats(), TOLERANCE);
      session.restoreState(first);
      assertArrayEquals(new float[2], session.run(Tensor.of(x, 2)).get(0).toFloats());
      session.resetState();
      assertArrayEquals(new float[2], session.run(Tensor.of(x, 2)).get(0).toFloats());
      ByteBuffer second = session.saveState();
      session.run(Tensor.of(x, 2));
      ByteBuffer among = ByteBuffer.allocateDirect(20).position(4);
      among.put(second).flip().position(4);
      session.restoreState(among);
      assertEquals(8, among.remaining());
      assertArrayEquals(later, session.run(Tensor.of(x, 2)).get(0).toFloats(), TOLERANCE);
      assertInvalid("", () -> { session.restoreState(ByteBuffer.allocateDirect(4)); return null; });
      assertInvalid("direct", () -> { session.restoreState(ByteBuffer.allocate(8)); return null; });
    }
  }

  @Test
  void optionsHold() {
    try (Program program = Program.load(file("net.mtp"))) {
      try (Session session = program.session(new SessionOptions().threads(2).profile(true))) {
        session.run(ones());
        List<Event> events = session.profile();
        assertTrue(events.stream().anyMatch(event -> event.kernel().startsWith("tanh@portable")), events.toString());
        assertTrue(events.stream().allMatch(event -> event.durationNanos() >= 0));
        assertTrue(session.memory().arena() > 0);
      }
      try (Session session = program.session()) {
        session.setStepBudget(1);
        assertRefused(MtcException.Status.CANCELLED, "", () -> session.run(ones()));
        session.setStepBudget(0);
        assertArrayEquals(expected(), session.run(ones()).get(0).toFloats(), TOLERANCE);
        assertTrue(session.profile().isEmpty());
      }
      assertInvalid("0", () -> new SessionOptions().threads(0));
      assertInvalid("threads", () -> program.session(new SessionOptions().threads(100000)));
      assertRefused(MtcException.Status.OUT_OF_MEMORY, "", () -> {
        try (Session session = program.session(new SessionOptions().maxMemory(1))) {
          return session.run(ones());
        }
      });
    }
  }

  @Test
  void sessionsRunAtTheSameTime() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(MANY);
    try (Program program = Program.load(file("net.mtp")); Session shared = program.session()) {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < MANY; ++i) {
        done.add(threads.submit(() -> {
          try (Session own = program.session()) {
            for (int run = 0; run < 200; ++run) {
              assertArrayEquals(expected(), own.run(ones()).get(0).toFloats(), TOLERANCE);
              assertArrayEquals(expected(), shared.run(ones()).get(0).toFloats(), TOLERANCE);
            }
          }
        }));
      }
      for (Future<?> future : done) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void cancelAndCloseComeFromOtherThreads() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Program program = Program.load(file("long.mtp"))) {
      for (boolean closes : new boolean[] {false, true}) {
        Session session = program.session();
        Future<?> running = thread.submit(() -> {
          while (true) {
            session.run(Tensor.zeros(DType.F32, 100000));
          }
        });
        TimeUnit.MILLISECONDS.sleep(50);
        if (closes) {
          session.close();
        }
        while (!running.isDone()) {
          if (!closes) {
            session.cancel();
          }
          TimeUnit.MILLISECONDS.sleep(1);
        }
        Throwable cause = assertThrows(ExecutionException.class, running::get).getCause();
        if (closes) {
          assertEquals("the session is closed", cause.getMessage());
        } else {
          assertEquals(MtcException.Status.CANCELLED, ((MtcException) cause).status(), cause.getMessage());
        }
        session.close();
      }
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void closedStaysClosed() {
    Program program = Program.load(file("net.mtp"));
    Session session = program.session();
    program.close();
    program.close();
    assertThrows(IllegalStateException.class, program::session);
    assertThrows(IllegalStateException.class, program::kernels);
    assertArrayEquals(expected(), session.run(ones()).get(0).toFloats(), TOLERANCE); // it keeps the program
    session.close();
    session.close();
    assertThrows(IllegalStateException.class, () -> session.run(ones()));
    assertThrows(IllegalStateException.class, session::cancel);
    assertThrows(IllegalStateException.class, session::profile);
  }

  @Test
  void whatIsNotClosedIsReleased() throws Exception {
    int before = Handle.open();
    for (int i = 0; i < 50; ++i) {
      Program program = Program.load(file("net.mtp"));
      program.session().run(ones());
    }
    // A session is garbage before its program, which it uses.
    for (int i = 0; Handle.open() > before && i < 500; ++i) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(10);
      Program.load(file("net.mtp")).close();
    }
    assertTrue(Handle.open() <= before, Handle.open() + " of " + before);
  }
}
