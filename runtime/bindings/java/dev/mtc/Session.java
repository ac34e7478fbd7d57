package dev.mtc;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A program, ready to run. Calls by several threads wait for each other, but {@link #cancel} and {@link #close}, which
 * do not wait for a run. What fails throws {@link MtcException}; what comes after {@link #close},
 * {@link IllegalStateException}.
 */
public final class Session implements AutoCloseable {
  private final Program program;
  private final Handle handle;

  Session(Program program, SessionOptions options) {
    Handle.collect();
    this.program = program;
    Handle kept = program.handle;
    long ofProgram = kept.acquire();
    long address = 0;
    try {
      address = Native.createSession(ofProgram, options.threads, options.maxMemory, options.profile);
    } finally {
      if (address == 0) {
        kept.release();
      }
    }
    handle = new Handle(this, "session", address, new Destroy(address, kept));
  }

  /** A class of its own, which does not know the session that it ends. */
  private static final class Destroy implements Runnable {
    private final long address;
    private final Handle program;

    Destroy(long address, Handle program) {
      this.address = address;
      this.program = program;
    }

    @Override
    public void run() {
      Native.destroySession(address);
      program.release();
    }
  }

  /** Runs the first function on inputs in the program's order; gives copies of its results. */
  public List<Tensor> run(Tensor... inputs) {
    return run(program.functions().get(0), inputs);
  }

  /** Runs the first function on inputs by name; gives copies of its results. */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    return run(program.functions().get(0), inputs);
  }

  public Map<String, Tensor> run(Function function, Map<String, Tensor> inputs) {
    List<Tensor> results = run(function, ordered(function, inputs));
    Map<String, Tensor> named = new LinkedHashMap<>();
    for (int i = 0; i < results.size(); ++i) {
      named.put(function.outputs().get(i).name(), results.get(i));
    }
    return named;
  }

  public synchronized List<Tensor> run(Function function, Tensor... inputs) {
    if (!program.functions().contains(function)) {
      throw MtcException.invalid("the function `" + function.name() + "` is of another program");
    }
    ByteBuffer[] data = new ByteBuffer[inputs.length];
    long[] numbers = new long[inputs.length * Native.TENSOR_NUMBERS];
    for (int i = 0; i < inputs.length; ++i) {
      data[i] = inputs[i].direct();
      inputs[i].describe(numbers, i * Native.TENSOR_NUMBERS);
    }
    return handle.ask(
        address -> {
          Native.run(address, function.index, data, numbers);
          return results(address, function);
        });
  }

  private static List<Tensor> results(long address, Function function) {
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < function.outputs().size(); ++i) {
      long index = i;
      results.add(Tensor.read((numbers, data) -> Native.output(address, function.index, index, numbers, data)));
    }
    return results;
  }

  private static Tensor[] ordered(Function function, Map<String, Tensor> inputs) {
    List<String> names = new ArrayList<>();
    for (Signature signature : function.inputs()) {
      names.add(signature.name());
    }
    for (String name : inputs.keySet()) {
      if (!names.contains(name)) {
        throw MtcException.invalid("no input is called `" + name + "`: the program takes " + names);
      }
    }
    Tensor[] ordered = new Tensor[names.size()];
    for (int i = 0; i < ordered.length; ++i) {
      ordered[i] = inputs.get(names.get(i));
      if (ordered[i] == null) {
        throw MtcException.invalid("the input `" + names.get(i) + "` is not given");
      }
    }
    return ordered;
  }

  /** Makes a run that another thread has in progress fail as CANCELLED soon. */
  public void cancel() {
    handle.tell(Native::cancel);
  }

  /** The instructions that a run may take, for programs with loops; 0 is no limit. */
  public synchronized void setStepBudget(long instructions) {
    if (instructions < 0) {
      throw MtcException.invalid("a run cannot be limited to " + instructions + " instructions");
    }
    handle.tell(address -> Native.setStepBudget(address, instructions));
  }

  /** Sets what the program keeps from run to run to its first values. */
  public synchronized void resetState() {
    handle.tell(Native::resetState);
  }

  /** A copy of what the program keeps from run to run, for {@link #restoreState}; empty if it keeps nothing. */
  public synchronized ByteBuffer saveState() {
    return handle.ask(
        address -> {
          ByteBuffer state = ByteBuffer.allocateDirect(Math.toIntExact(Native.stateSize(address)));
          Native.saveState(address, state, state.capacity());
          return state;
        });
  }

  /**
   * Takes what {@link #saveState} of a session of the same program gave: the buffer's bytes from its
   * position to its limit, which stay where they are.
   */
  public synchronized void restoreState(ByteBuffer state) {
    ByteBuffer bytes = state.slice();
    handle.tell(address -> Native.restoreState(address, bytes, bytes.capacity()));
  }

  public synchronized Memory memory() {
    return handle.ask(Memory::new);
  }

  /** The instructions of the last run, if the session was opened with {@link SessionOptions#profile}; else none. */
  public synchronized List<Event> profile() {
    return handle.ask(
        address -> {
          List<Event> events = new ArrayList<>();
          for (long i = 0; i < Native.eventCount(address); ++i) {
            events.add(new Event(address, i));
          }
          return events;
        });
  }

  /** A run in progress ends first, in its own thread. */
  @Override
  public void close() {
    handle.close();
  }
}
