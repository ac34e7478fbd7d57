// A program of fake kernels, opened through the C API: what the tests of the interpreter share.

#ifndef MTC_TESTS_INTERPRETER_FIXTURE_H_
#define MTC_TESTS_INTERPRETER_FIXTURE_H_

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/run_program.h"

namespace mtc::test {

using Floats = std::vector<float>;

class InterpreterTest : public testing::Test {
 protected:
  void Open(const mtc_session_options& options = {}) {
    session_.reset();
    program_.reset();
    file_ = builder_.Build();
    std::string error;
    program_ = Load(file_, &error);
    ASSERT_NE(program_, nullptr) << error;
    session_ = MakeSession(program_.get(), options);
    ASSERT_NE(session_, nullptr);
  }
  schema::InstructionT& Scale(FunctionBuilder& f, int32_t x, int32_t out, double factor) {
    auto& instruction = f.Instruction(builder_.Kernel("scale@fake:f32/1"), {x, -1}, {out});
    AddFloat(instruction, factor);
    AddInts(instruction, {1});
    AddInts(instruction, {0});
    AddInts(instruction, {1});
    return instruction;
  }
  mtc_status Call(const std::vector<Array>& inputs, size_t function = 0) {
    return test::Run(session_.get(), function, inputs, &error_);
  }

  ProgramBuilder builder_;
  std::vector<uint8_t> file_;
  ProgramHandle program_;
  SessionHandle session_;
  std::string error_;
};

}  // namespace mtc::test

#endif  // MTC_TESTS_INTERPRETER_FIXTURE_H_
