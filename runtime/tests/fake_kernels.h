// A few kernels for tests of the interpreter, and a table of them.

#ifndef MTC_TESTS_FAKE_KERNELS_H_
#define MTC_TESTS_FAKE_KERNELS_H_

#include "kernels/kernel.h"

namespace mtc::test {

// add: out = x + y of one shape; rows may be pitched. fail: the same, but fails in Run.
// scale: out = factor * times * x, negated on demand, 10 times that in mode 2.
// fill: out = its symbolic integers, its two static ones, its floats, and the sizes of its inputs.
// concat: the one-dimensional inputs, one after another, by way of scratch memory.
// loop: out = body(...body(x)), `count` times.
KernelTable FakeKernels();
// How often Prepare of add and scale was called.
int& PrepareCount();
// The pitch of add's result when its Prepare was called last.
int64_t& PreparedPitch();

}  // namespace mtc::test

#endif  // MTC_TESTS_FAKE_KERNELS_H_
