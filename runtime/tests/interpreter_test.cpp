#include <vector>

#include "tests/interpreter_fixture.h"

namespace mtc::test {
namespace {

using schema::DType;
using schema::ExprKind;
using schema::Place;

TEST_F(InterpreterTest, RunsAPlannedFunction) {
  auto f = builder_.Function("forward");
  const uint32_t w = f.Stored(Place::constant, builder_.Constant({2}, {10, 20}), {2});
  const uint32_t x = f.Input({2}, "x", DType::f32, 0);
  const uint32_t sum = f.Value({2}, DType::f32, 64), y = f.Value({2}, DType::f32, 0);
  f.Instruction(builder_.Kernel("add@fake:f32/1"), {int32_t(x), int32_t(w)}, {int32_t(sum)});
  Scale(f, int32_t(sum), int32_t(y), 2);
  f.Output(y);
  f.Planned(128);
  Open();
  ASSERT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{22, 44}));
  EXPECT_EQ(mtc_session_memory(session_.get()).arena, 128u);
}

TEST_F(InterpreterTest, DecodesEveryKindOfAttribute) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0);
  const uint32_t doubled = f.Expr(ExprKind::add, 0, 0);
  const uint32_t x = f.Input({n}, "x"), y = f.Value({n}), shape = f.Value({6}, DType::i64);
  auto& scale = f.Instruction(builder_.Kernel("scale@fake:f32/1"), {int32_t(x), int32_t(x)}, {int32_t(y)});
  AddFloat(scale, 0.5);
  AddInts(scale, {3});
  AddInts(scale, {1});
  AddInts(scale, {2});
  auto& fill = f.Instruction(builder_.Kernel("fill@fake:i64/1"), {int32_t(x), int32_t(y)}, {int32_t(shape)});
  AddAttr(fill).exprs = {doubled};
  AddInts(fill, {7, 8});
  AddFloat(fill, 9);
  f.Output(y);
  f.Output(shape);
  Open();
  ASSERT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{-15, -30}));
  EXPECT_EQ(Output<int64_t>(session_.get(), 0, 1), (std::vector<int64_t>{4, 7, 8, 9, 2, 2}));
  ASSERT_EQ(Call({{{3}, {1, 2, 3}}}), MTC_OK) << error_;
  EXPECT_EQ(Output<int64_t>(session_.get(), 0, 1), (std::vector<int64_t>{6, 7, 8, 9, 3, 3}));
}

TEST_F(InterpreterTest, PreparesOnlyWhenShapesChange) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0, 1, 100);
  const uint32_t x = f.Input({n, 2}, "x"), y = f.Value({n, 2});
  Scale(f, int32_t(x), int32_t(y), 2);
  f.Output(y);
  Open();
  PrepareCount() = 0;
  ASSERT_EQ(Call({{{1, 2}, {1, 2}}}), MTC_OK) << error_;
  ASSERT_EQ(Call({{{1, 2}, {3, 4}}}), MTC_OK) << error_;
  EXPECT_EQ(PrepareCount(), 1);
  const uint64_t small = mtc_session_memory(session_.get()).arena;
  ASSERT_EQ(Call({{{40, 2}, Floats(80, 1)}}), MTC_OK) << error_;
  EXPECT_EQ(PrepareCount(), 2);
  EXPECT_EQ(Output(session_.get()), Floats(80, 2));
  EXPECT_GT(mtc_session_memory(session_.get()).arena, small);
}

TEST_F(InterpreterTest, SaysHowLargeASizeWithoutBoundHasToBe) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0, 2);
  f.Output(f.Input({n}, "x"));
  Open();
  EXPECT_EQ(Call({{{1}, {1}}}), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(error_, "input 0 `x`: dim 0 (`n`) is 1; the program takes 2 or more");
}

TEST_F(InterpreterTest, SaysWhichInputIsWrong) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0, 1, 8);
  f.Output(f.Input({n, 2}, "image"));
  f.Output(f.Input({n}, "mask"));
  Open();
  EXPECT_EQ(Call({{{1, 3}, {1, 2, 3}}, {{1}, {1}}}), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(error_, "input 0 `image`: expected f32[n, 2], got f32[1, 3]");
  EXPECT_EQ(Call({{{9, 2}, Floats(18)}, {{9}, Floats(9)}}), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(error_, "input 0 `image`: dim 0 (`n`) is 9; the program takes 1 to 8");
  EXPECT_EQ(Call({{{2, 2}, Floats(4)}, {{3}, Floats(3)}}), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(error_, "input 1 `mask`: expected f32[n], got f32[3]; beside the other inputs it has to be f32[2]");
  EXPECT_EQ(Call({}), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(error_, "function `forward` takes 2 inputs; 0 were given");
  EXPECT_EQ(Call({{{2, 2}, Floats(3)}, {{2}, Floats(2)}}), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(error_, "input 0 `image`: its data, size, dtype and dims disagree");
  EXPECT_TRUE(Output(session_.get()).empty());
  EXPECT_EQ(Call({{{2, 2}, Floats(4)}, {{2}, Floats(2)}}), MTC_OK) << error_;
  EXPECT_EQ(Call({}, 7), MTC_INVALID_ARGUMENT);
}

TEST_F(InterpreterTest, ReturnsInputsConstantsStatesAndOneValueTwice) {
  auto f = builder_.Function("forward");
  const uint32_t c = builder_.Constant({2}, {5, 6});
  const uint32_t x = f.Input({1}, "x");
  f.Output(x);
  f.Output(f.Stored(Place::constant, c, {2}));
  f.Output(f.Stored(Place::state, builder_.State("s", {2}, int32_t(c)), {2}));
  f.Output(x);
  auto nothing = builder_.Function("nothing");
  nothing.Planned(0);
  Open();
  ASSERT_EQ(Call({{{1}, {3}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get(), 0, 0), (Floats{3}));
  EXPECT_EQ(Output(session_.get(), 0, 1), (Floats{5, 6}));
  EXPECT_EQ(Output(session_.get(), 0, 2), (Floats{5, 6}));
  EXPECT_EQ(Output(session_.get(), 0, 3), (Floats{3}));
  EXPECT_EQ(Call({}, 1), MTC_OK) << error_;
  mtc_tensor tensor;
  EXPECT_EQ(mtc_session_output(session_.get(), 1, 0, &tensor), MTC_INVALID_ARGUMENT);
}

TEST_F(InterpreterTest, StateOutlivesRunsAndIsSaved) {
  auto f = builder_.Function("accumulate");
  const uint32_t s = builder_.State("sum", {2}, int32_t(builder_.Constant({2}, {100, 200})));
  const uint32_t before = f.Stored(Place::state, s, {2}), after = f.Stored(Place::state, s, {2});
  const uint32_t x = f.Input({2}, "x");
  f.Instruction(builder_.Kernel("add@fake:f32/1"), {int32_t(before), int32_t(x)}, {int32_t(after)});
  f.Output(after);
  Open();
  ASSERT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  ASSERT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{102, 204}));
  Floats saved(2);
  ASSERT_EQ(mtc_session_state_size(session_.get()), 8u);
  ASSERT_EQ(mtc_session_save_state(session_.get(), saved.data(), 8, nullptr), MTC_OK);
  EXPECT_EQ(saved, (Floats{102, 204}));
  ASSERT_EQ(mtc_session_reset_state(session_.get(), nullptr), MTC_OK);
  ASSERT_EQ(Call({{{2}, {0, 0}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{100, 200}));
  ASSERT_EQ(mtc_session_restore_state(session_.get(), saved.data(), 8, nullptr), MTC_OK);
  ASSERT_EQ(Call({{{2}, {0, 0}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{102, 204}));
  EXPECT_EQ(mtc_session_restore_state(session_.get(), saved.data(), 7, nullptr), MTC_INVALID_ARGUMENT);
}

TEST_F(InterpreterTest, NestedFunctionsLoop) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2}, "x"), y = f.Value({2});
  auto& loop = f.Instruction(builder_.Kernel("loop@fake:f32/1"), {int32_t(x)}, {int32_t(y)});
  AddInts(loop, {5});
  loop.functions = {1};
  f.Output(y);
  auto body = builder_.Function("body");
  const uint32_t bx = body.Input({2}, "x"), by = body.Value({2});
  Scale(body, int32_t(bx), int32_t(by), 2);
  body.Output(by);
  mtc_session_options options = {};
  options.profile = true;
  Open(options);
  ASSERT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{32, 64}));
  EXPECT_EQ(mtc_session_event_count(session_.get()), 6u);
  // The budget counts instructions and nested runs: 1 + 5 + 5.
  mtc_session_set_step_budget(session_.get(), 11);
  EXPECT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  mtc_session_set_step_budget(session_.get(), 10);
  EXPECT_EQ(Call({{{2}, {1, 2}}}), MTC_CANCELLED);
  EXPECT_EQ(error_, "the run used up its budget of 10 steps");
  // What is nested is no business of the caller's.
  EXPECT_EQ(mtc_program_function_count(program_.get()), 1u);
  EXPECT_EQ(Call({{{2}, {1, 2}}}, 1), MTC_INVALID_ARGUMENT);
}

TEST_F(InterpreterTest, EmptyLoopsCanBeStopped) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2}, "x"), y = f.Value({2});
  auto& loop = f.Instruction(builder_.Kernel("loop@fake:f32/1"), {int32_t(x)}, {int32_t(y)});
  AddInts(loop, {INT64_MAX});
  loop.functions = {1};
  f.Output(y);
  auto body = builder_.Function("body");
  body.Output(body.Input({2}, "x"));
  Open();
  mtc_session_set_step_budget(session_.get(), 1000);
  EXPECT_EQ(Call({{{2}, {1, 2}}}), MTC_CANCELLED);
}

TEST_F(InterpreterTest, NestedFunctionsStateTheirTypes) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2}, "x"), y = f.Value({2});
  auto& loop = f.Instruction(builder_.Kernel("loop@fake:f32/1"), {int32_t(x)}, {int32_t(y)});
  AddInts(loop, {1});
  loop.functions = {1};
  f.Output(y);
  auto body = builder_.Function("body");
  body.Output(body.Input({3}, "carried"));
  Open();
  EXPECT_EQ(Call({{{2}, {1, 2}}}), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(error_,
            "function `forward`, instruction 0 (loop@fake:f32/1): input 0 `carried`: expected f32[3], got f32[2]");
}

TEST_F(InterpreterTest, CancelHoldsForOneRun) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({1}, "x"), y = f.Value({1});
  Scale(f, int32_t(x), int32_t(y), 2);
  f.Output(y);
  Open();
  mtc_session_cancel(session_.get());
  EXPECT_EQ(Call({{{1}, {1}}}), MTC_CANCELLED);
  EXPECT_TRUE(Output(session_.get()).empty());
  EXPECT_EQ(Call({{{1}, {1}}}), MTC_OK) << error_;
}

TEST_F(InterpreterTest, FailuresNameTheUsersLine) {
  const std::string key = " (fail@fake:f32/1) at model.py:12: index 9 of 3";
  for (const std::string name : {"%embedded", ""}) {
    builder_ = ProgramBuilder();
    auto f = builder_.Function("forward");
    const uint32_t x = f.Input({1}, "x"), y = f.Value({1});
    f.Instruction(builder_.Kernel("fail@fake:f32/1"), {int32_t(x), int32_t(x)}, {int32_t(y)});
    f.Output(y);
    schema::DebugT debug;
    debug.functions.push_back(std::make_unique<schema::DebugFunctionT>());
    debug.functions[0]->instructions.push_back(std::make_unique<schema::DebugInstructionT>());
    debug.functions[0]->instructions[0]->name = name;
    debug.functions[0]->instructions[0]->location = "model.py:12";
    builder_.Debug(debug);
    Open();
    EXPECT_EQ(Call({{{1}, {1}}}), MTC_RUN_FAILED);
    EXPECT_EQ(error_, (name.empty() ? "function `forward`, instruction 0" : "`" + name + "`") + key);
  }
}

TEST_F(InterpreterTest, AProgramMustStateTheRightShapes) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2}, "x"), y = f.Value({3});
  f.Instruction(builder_.Kernel("add@fake:f32/1"), {int32_t(x), int32_t(x)}, {int32_t(y)});
  f.Output(y);
  Open();
  EXPECT_EQ(Call({{{2}, {1, 2}}}), MTC_INVALID_PROGRAM);
  EXPECT_EQ(error_,
            "function `forward`, instruction 0 (add@fake:f32/1): the result is f32[2]; the program states f32[3]");
}

TEST_F(InterpreterTest, MemoryLimitHolds) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0);
  const uint32_t x = f.Input({n}, "x"), y = f.Value({n});
  Scale(f, int32_t(x), int32_t(y), 2);
  f.Output(y);
  mtc_session_options options = {};
  options.max_memory = 1024;
  Open(options);
  EXPECT_EQ(Call({{{128}, Floats(128)}}), MTC_OK) << error_;
  EXPECT_EQ(Call({{{129}, Floats(129)}}), MTC_OUT_OF_MEMORY);
  EXPECT_EQ(Call({{{100}, Floats(100)}}), MTC_OK) << error_;
}

TEST_F(InterpreterTest, EmptyTensorsAreFine) {
  auto f = builder_.Function("forward");
  const int64_t n = f.Symbol("n", 0, 0);
  const uint32_t x = f.Input({n, 3}, "x"), y = f.Value({n, 3});
  Scale(f, int32_t(x), int32_t(y), 2);
  f.Output(y);
  Open();
  ASSERT_EQ(Call({{{0, 3}, {}}}), MTC_OK) << error_;
  mtc_tensor tensor;
  ASSERT_EQ(mtc_session_output(session_.get(), 0, 0, &tensor), MTC_OK);
  EXPECT_EQ(tensor.size, 0u);
  EXPECT_EQ(tensor.dims[1], 3);
}

TEST_F(InterpreterTest, ProfilesEachInstruction) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({1}, "x"), y = f.Value({1});
  Scale(f, int32_t(x), int32_t(y), 2);
  f.Output(y);
  mtc_session_options options = {};
  options.profile = true;
  options.threads = 2;
  Open(options);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Call({{{1}, {1}}}), MTC_OK) << error_;
  ASSERT_EQ(mtc_session_event_count(session_.get()), 1u);
  mtc_event event;
  ASSERT_EQ(mtc_session_event(session_.get(), 0, &event), MTC_OK);
  EXPECT_STREQ(event.kernel, "scale@fake:f32/1");
  EXPECT_STREQ(event.location, "");
  EXPECT_EQ(mtc_session_event(session_.get(), 1, &event), MTC_INVALID_ARGUMENT);
}

TEST_F(InterpreterTest, TheProgramOutlivesItsHandle) {
  auto f = builder_.Function("forward");
  f.Output(f.Stored(Place::constant, builder_.Constant({1}, {7}), {1}));
  Open();
  program_.reset();
  ASSERT_EQ(Call({}), MTC_OK) << error_;
  EXPECT_EQ(Output(session_.get()), (Floats{7}));
}

}  // namespace
}  // namespace mtc::test
