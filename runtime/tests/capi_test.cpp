#include "tests/interpreter_fixture.h"

namespace mtc::test {
namespace {

using schema::DType;

TEST_F(InterpreterTest, NullIsAnInvalidArgument) {
  auto f = builder_.Function("forward");
  const uint32_t x = f.Input({2}, "x", DType::f32, 0), y = f.Value({2}, DType::f32, 64);
  Scale(f, int32_t(x), int32_t(y), 2);
  f.Output(y);
  f.Planned(128);
  Open();
  mtc_error error;
  EXPECT_EQ(mtc_session_run(session_.get(), 0, nullptr, 1, &error), MTC_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "`inputs` is NULL");
  EXPECT_EQ(mtc_session_run(nullptr, 0, nullptr, 0, &error), MTC_INVALID_ARGUMENT);
  ASSERT_EQ(Call({{{2}, {1, 2}}}), MTC_OK) << error_;
  EXPECT_EQ(mtc_session_output(session_.get(), 0, 0, nullptr), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_session_save_state(session_.get(), nullptr, 8, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_session_restore_state(session_.get(), nullptr, 8, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_session_create(program_.get(), nullptr, nullptr, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_input(program_.get(), 0, 0, nullptr), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_output(program_.get(), 0, 0, nullptr), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_sample(program_.get(), 0, false, 0, nullptr), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_metadata(program_.get(), nullptr), nullptr);
}

TEST(NoProgram, IsAnInvalidArgument) {
  mtc_error error;
  mtc_program* program = nullptr;
  EXPECT_EQ(mtc_program_load_file(nullptr, nullptr, &program, &error), MTC_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "`path` is NULL");
  EXPECT_EQ(mtc_program_load_file("m.mtp", nullptr, nullptr, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_load_memory(nullptr, 64, nullptr, &program, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_load_memory("", 0, nullptr, nullptr, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_load_fd(0, 0, 0, nullptr, nullptr, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_function_count(nullptr), 0u);
  EXPECT_EQ(mtc_program_function_name(nullptr, 0), nullptr);
  EXPECT_EQ(mtc_program_kernel(nullptr, 0), nullptr);
  EXPECT_EQ(mtc_program_metadata(nullptr, "key"), nullptr);
  EXPECT_EQ(mtc_program_input_count(nullptr, 0), 0u);
  EXPECT_EQ(mtc_program_output_count(nullptr, 0), 0u);
  mtc_signature signature;
  EXPECT_EQ(mtc_program_input(nullptr, 0, 0, &signature), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_program_output(nullptr, 0, 0, &signature), MTC_INVALID_ARGUMENT);
  mtc_tensor tensor;
  EXPECT_EQ(mtc_program_sample(nullptr, 0, false, 0, &tensor), MTC_INVALID_ARGUMENT);
}

TEST(NoSession, IsAnInvalidArgument) {
  mtc_error error;
  mtc_session* session = nullptr;
  EXPECT_EQ(mtc_session_create(nullptr, nullptr, &session, &error), MTC_INVALID_ARGUMENT);
  mtc_tensor tensor;
  EXPECT_EQ(mtc_session_output(nullptr, 0, 0, &tensor), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_session_reset_state(nullptr, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_session_save_state(nullptr, nullptr, 0, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_session_restore_state(nullptr, nullptr, 0, &error), MTC_INVALID_ARGUMENT);
  EXPECT_EQ(mtc_session_state_size(nullptr), 0u);
  EXPECT_EQ(mtc_session_memory(nullptr).arena, 0u);
  EXPECT_EQ(mtc_session_event_count(nullptr), 0u);
  mtc_event event;
  EXPECT_EQ(mtc_session_event(nullptr, 0, &event), MTC_INVALID_ARGUMENT);
  mtc_session_cancel(nullptr);
  mtc_session_set_step_budget(nullptr, 1);
}

}  // namespace
}  // namespace mtc::test
