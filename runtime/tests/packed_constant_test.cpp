#include "kernels/packed_constant.h"

#include <string>

#include "gtest/gtest.h"

namespace mtc::kernels {
namespace {

TEST(PackOnce, PacksOnceAndRefusesAnotherSize) {
  float weights[6] = {1, 2, 3, 4, 5, 6};
  Tensor weight;
  weight.data = weights;
  weight.rank = 1;
  weight.dims[0] = 6;
  PackedWeights packed;
  Error error;
  PrepareContext context;
  context.packed = &packed;
  context.error = &error;

  int calls = 0;
  const auto pack = [&](double* block) {
    ++calls;
    for (int i = 0; i < 6; ++i) block[i] = weights[5 - i];
  };
  const PackedSource source = {Packing::kPanels, weight, nullptr, {{2, 3}}};
  const void *first = nullptr, *second = nullptr;
  ASSERT_EQ(PackOnce<double>(context, source, 6, pack, &first), Status::kOk);
  ASSERT_EQ(PackOnce<double>(context, source, 6, pack, &second), Status::kOk);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(first, second);
  EXPECT_EQ(static_cast<const double*>(first)[0], 6);

  EXPECT_EQ(PackOnce<double>(context, source, 7, pack, &second), Status::kInvalidProgram);
  EXPECT_EQ(std::string(error.message()), "weights are packed in 48 bytes, not 56");
  const PackedSource larger = {Packing::kPanels, weight, nullptr, {{2, 4}}};
  EXPECT_EQ(PackOnce<double>(context, larger, int64_t{1} << 61, pack, &second), Status::kOutOfMemory);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace mtc::kernels
