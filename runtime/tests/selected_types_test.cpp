#include "kernels/selected_types.h"

#include <string>

#include "gtest/gtest.h"

// As selected_kernels.h has it.
#define MTC_SELECTED_portable_Toy(V) V(Toy, float) V(Toy, BFloat16)
#define MTC_SELECTED_portable_Toy_constant(V) V(Toy, float) V(Toy, BFloat16)
#define MTC_SELECTED_portable_Toy_variable(V) V(Toy, float)

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

TEST(SelectedTypes, KnowTheirVariants) {
  EXPECT_TRUE((MTC_HAS_VARIANT(portable, Toy, constant, BFloat16)));
  EXPECT_FALSE((MTC_HAS_VARIANT(portable, Toy, variable, BFloat16)));
  EXPECT_FALSE((MTC_HAS_VARIANT(portable, Toy, variable, double)));

  Error error;
  PrepareContext context;
  context.error = &error;
  Tensor constant, variable;
  constant.constant = 0;
  using Both = MTC_WEIGHT_KINDS(portable, Toy, float);
  EXPECT_TRUE(Both::IsConstant(constant) && !Both::IsConstant(variable));
  EXPECT_EQ(Both::Check(context, variable), Status::kOk);
  using One = MTC_WEIGHT_KINDS(portable, Toy, BFloat16);
  EXPECT_EQ(One::Check(context, constant), Status::kOk);
  EXPECT_EQ(One::Check(context, variable), Status::kInvalidProgram);
}

}  // namespace
}  // namespace mtc::kernels
