#include <utility>

#include "core/poison.h"
#include "tests/interpreter_fixture.h"

namespace mtc::test {
namespace {

TEST_F(InterpreterTest, PitchedAliasesJoinAlongTheLastAxis) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0);
  const uint32_t x = f.Input({n, 2}, "x");
  const uint32_t joined = f.Value({n, 4});
  const uint32_t left = f.Alias(joined, {n, 2}, 0, true), right = f.Alias(joined, {n, 2}, 2, true);
  const uint32_t add = builder_.Kernel("add@fake:f32/1");
  f.Instruction(add, {int32_t(x), int32_t(x)}, {int32_t(left)});
  f.Instruction(add, {int32_t(left), int32_t(x)}, {int32_t(right)});
  f.Output(joined);
  Open();
  ASSERT_EQ(Call({{{2, 2}, {1, 2, 3, 4}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{2, 4, 3, 6, 6, 8, 9, 12}));
  EXPECT_EQ(PreparedPitch(), 4);  // libraries build their operators for it
}

// Such a kernel would read and write between the rows.
TEST_F(InterpreterTest, KernelsOfDenseTensorsGetNoRowsOfWiderOnes) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2, 4}, "x"), dense = f.Input({2, 2}, "dense"), y = f.Value({2, 2});
  const uint32_t left = f.Alias(x, {2, 2}, 0, true), right = f.Alias(x, {2, 2}, 2, true);
  auto& scale = Scale(f, int32_t(left), int32_t(y), 2);
  f.Output(x);
  for (const auto& [from, to] : {std::pair(left, y), std::pair(dense, left), std::pair(left, right)}) {
    scale.inputs = {int32_t(from), -1};
    scale.outputs = {int32_t(to)};
    Open();
    EXPECT_EQ(Call({{{2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}}, {{2, 2}, {1, 2, 3, 4}}}), MTC_INVALID_PROGRAM);
    EXPECT_NE(error_.find("takes dense tensors only"), std::string::npos) << error_;
  }
}

TEST_F(InterpreterTest, ResultsMayBeTheNextInputs) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0);
  const uint32_t x = f.Input({n}, "x"), y = f.Input({n}, "y"), a = f.Value({n}), b = f.Value({n});
  Scale(f, int32_t(y), int32_t(a), 2);
  Scale(f, int32_t(x), int32_t(b), 3);
  f.Output(a);
  f.Output(b);
  Open();
  ASSERT_EQ(Call({{{2}, {1, 2}}, {{2}, {3, 4}}}), MTC_OK) << error_;
  mtc_tensor results[2];
  for (size_t i = 0; i < 2; ++i) ASSERT_EQ(mtc_session_output(session_.get(), 0, i, &results[i]), MTC_OK);
  ASSERT_EQ(mtc_session_run(session_.get(), 0, results, 2, nullptr), MTC_OK);
  EXPECT_EQ(Output(session_.get(), 0, 0), (Floats{6, 12}));
  EXPECT_EQ(Output(session_.get(), 0, 1), (Floats{18, 24}));
}

TEST_F(InterpreterTest, AliasesOfAliasesLieWhereTheInnerOneLies) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2, 1}, "x");
  const uint32_t all = f.Value({2, 6});
  const uint32_t inner = f.Alias(all, {2, 3}, 2, true);  // columns 2 to 4
  const uint32_t a = f.Alias(inner, {2, 1}, 0, true), b = f.Alias(inner, {2, 1}, 2, true);
  const uint32_t add = builder_.Kernel("add@fake:f32/1");
  f.Instruction(add, {int32_t(x), int32_t(x)}, {int32_t(a)});
  f.Instruction(add, {int32_t(a), int32_t(x)}, {int32_t(b)});
  f.Output(all);
  const uint32_t flat = f.Value({6}), tail = f.Alias(flat, {4}, 2), end = f.Alias(tail, {2, 1}, 2);
  f.Instruction(add, {int32_t(x), int32_t(x)}, {int32_t(end)});
  f.Output(flat);
  Open();
  ASSERT_EQ(Call({{{2, 1}, {1, 2}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{0, 0, 2, 0, 3, 0, 0, 0, 4, 0, 6, 0}));
  EXPECT_EQ(Output(session_.get(), 0, 1), (Floats{0, 0, 0, 0, 2, 4}));
}

TEST_F(InterpreterTest, ReshapesAndWorksInPlace) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2, 2}, "x");
  const uint32_t flat = f.Alias(x, {4}), tail = f.Alias(flat, {2}, 2), scaled = f.Alias(x, {2});
  Scale(f, int32_t(tail), int32_t(scaled), 3);
  f.Output(flat);
  Open();
  ASSERT_EQ(Call({{{2, 2}, {1, 2, 3, 4}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{9, 12, 3, 4}));
}

// What changes a part of its first operand may do so in place, but not in that of another.
TEST_F(InterpreterTest, ChangesTheirFirstOperandInPlace) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2}, "x"), y = f.Input({2}, "y");
  const uint32_t on_x = f.Alias(x, {2}), on_y = f.Alias(y, {2});
  auto& change = f.Instruction(builder_.Kernel("change@fake:f32/1"), {int32_t(x), int32_t(y)}, {int32_t(on_x)});
  f.Output(x);
  Open();
  ASSERT_EQ(Call({{{2}, {1, 2}}, {{2}, {3, 4}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{4, 6}));
  change.outputs = {int32_t(on_y)};
  Open();
  EXPECT_EQ(Call({{{2}, {1, 2}}, {{2}, {3, 4}}}), MTC_INVALID_PROGRAM);
}

// A kernel that has looked at its operands must not find others there later.
TEST_F(InterpreterTest, ResultsLieApartFromOperands) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({4}, "x");
  const uint32_t head = f.Alias(x, {3}), tail = f.Alias(x, {3}, 1), pair = f.Alias(x, {2}, 1), both = f.Alias(x, {4});
  auto& scale = Scale(f, int32_t(head), int32_t(tail), 2);  // half over the other
  f.Output(x);
  Open();
  EXPECT_EQ(Call({{{4}, {1, 2, 3, 4}}}), MTC_INVALID_PROGRAM);
  EXPECT_EQ(error_,
            "function `forward`, instruction 0 (scale@fake:f32/1): a result lies in the memory of an operand or of "
            "another result");
  scale.outputs = {int32_t(head)};
  Open();
  EXPECT_EQ(Call({{{4}, {1, 2, 3, 4}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{2, 4, 6, 4}));
  // This kernel does not work in place at all.
  builder_.tables.functions[0]->instructions.clear();
  f.Instruction(builder_.Kernel("concat@fake:f32/1"), {int32_t(pair), int32_t(pair)}, {int32_t(both)});
  Open();
  EXPECT_EQ(Call({{{4}, {1, 2, 3, 4}}}), MTC_INVALID_PROGRAM);
}

TEST_F(InterpreterTest, SanitizersSeeWhatLiesBesideValues) {
  if (!kPoisons) GTEST_SKIP() << "only in sanitizer builds";
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({3}, "x"), y = f.Value({3}), z = f.Value({3});
  Scale(f, int32_t(x), int32_t(y), 2);
  Scale(f, int32_t(y), int32_t(z), 2);
  f.Output(z);
  Open();
  ASSERT_EQ(Call({{{3}, {1, 2, 3}}}), MTC_OK) << error_;
  mtc_tensor output;
  ASSERT_EQ(mtc_session_output(session_.get(), 0, 0, &output), MTC_OK);
  const uint8_t* data = static_cast<const uint8_t*>(output.data);
  EXPECT_FALSE(IsPoisoned(data));
  EXPECT_FALSE(IsPoisoned(data + 11));
  EXPECT_TRUE(IsPoisoned(data + 12));
  EXPECT_TRUE(IsPoisoned(data - 1));
  EXPECT_TRUE(IsPoisoned(data + 64));  // the value in between, which is not in use any more
}

TEST_F(InterpreterTest, GivesScratchMemory) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2}, "x"), y = f.Value({6});
  f.Instruction(builder_.Kernel("concat@fake:f32/1"), {int32_t(x), int32_t(x), int32_t(x)}, {int32_t(y)});
  f.Output(y);
  Open();
  ASSERT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(mtc_session_memory(session_.get()).scratch, 64u);
}

TEST(PrepareContext, ScratchAddsUpAndStaysTooLarge) {
  PrepareContext context;
  context.RequireScratch(3, 5, 4);
  context.RequireScratch(7);
  EXPECT_EQ(context.scratch_size, 67u);
  // 2^64 bytes and a few, which 64 bits would take for few; then more again.
  context.RequireScratch(int64_t{1} << 46, int64_t{1} << 16, 4);
  EXPECT_EQ(context.scratch_size, SIZE_MAX);
  context.RequireScratch(64);
  EXPECT_EQ(context.scratch_size, SIZE_MAX);
}

}  // namespace
}  // namespace mtc::test
