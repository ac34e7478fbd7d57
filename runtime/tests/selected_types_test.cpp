#include "kernels/selected_types.h"

#include <string>

#include "gtest/gtest.h"

// As selected_kernels.h has it.
#define MTC_SELECTED_portable_Toy(V) V(Toy, float) V(Toy, BFloat16)

namespace mtc::kernels {
namespace {

using Types = MTC_PORTABLE_TYPES(Toy);

TEST(SelectedTypes, CallsForThemAlone) {
  Error error;
  PrepareContext context;
  context.error = &error;
  std::string called;
  const auto body = [&](auto element) {
    called += std::to_string(sizeof(element));
    return sizeof(element) == 2 ? Status::kOutOfMemory : Status::kOk;
  };
  EXPECT_EQ(Types::With(context, DType::kF32, body), Status::kOk);
  EXPECT_EQ(Types::With(context, DType::kBF16, body), Status::kOutOfMemory);
  EXPECT_EQ(called, "42");
  EXPECT_EQ(Types::With(context, DType::kF64, body), Status::kInvalidProgram);
  EXPECT_EQ(called, "42");
}

}  // namespace
}  // namespace mtc::kernels
