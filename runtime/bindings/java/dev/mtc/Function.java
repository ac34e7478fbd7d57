package dev.mtc;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A function of a program: what it takes and gives, in the program's order. */
public final class Function {
  private final String name;
  private final List<Signature> inputs;
  private final List<Signature> outputs;
  final long index;

  Function(long program, long index) {
    this.index = index;
    name = Native.text(Native.functionName(program, index));
    inputs = signatures(program, index, false);
    outputs = signatures(program, index, true);
  }

  private static List<Signature> signatures(long program, long function, boolean isOutput) {
    long count = Native.valueCount(program, function, isOutput);
    List<Signature> found = new ArrayList<>();
    for (long i = 0; i < count; ++i) {
      long[] numbers = new long[Native.SIGNATURE_NUMBERS];
      String name = Native.text(Native.signature(program, function, isOutput, i, numbers));
      found.add(new Signature(name, numbers));
    }
    return Collections.unmodifiableList(found);
  }

  public String name() {
    return name;
  }

  public List<Signature> inputs() {
    return inputs;
  }

  public List<Signature> outputs() {
    return outputs;
  }

  @Override
  public String toString() {
    return name + inputs + " -> " + outputs;
  }
}
