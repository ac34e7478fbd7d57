// Operators of XNNPACK's that pack before they look for their weights must not write over those of others.

#include "gtest/gtest.h"
#include "kernels/xnnpack/weights_cache.h"

namespace MTC_XNNPACK {
namespace {

TEST(XnnpackWeightsCache, PacksOnceAndRefusesAnotherSize) {
  const float weights[4] = {};
  PackedWeights packed;
  const PackedKey key = {Packing::kXnnpackLinear, Isa::kBase, DType::kF32, weights, nullptr, {{1, 2, 3}}};
  const xnn_weights_cache_look_up_key seed = {};

  WeightsCache first;
  xnn_weights_cache_t provider = first.Whole(&packed, key);
  EXPECT_EQ(provider->look_up(provider->context, &seed), SIZE_MAX);
  void* block = provider->reserve_space(provider->context, 256);
  ASSERT_NE(block, nullptr);
  const size_t place = provider->look_up_or_insert(provider->context, &seed, block, 256);
  EXPECT_EQ(provider->offset_to_addr(provider->context, place), block);

  WeightsCache second;
  provider = second.Whole(&packed, key);
  EXPECT_EQ(provider->look_up(provider->context, &seed), place);
  void* unused = provider->reserve_space(provider->context, 256);
  ASSERT_NE(unused, nullptr);
  EXPECT_NE(unused, block);
  EXPECT_EQ(provider->look_up_or_insert(provider->context, &seed, unused, 256), place);
  EXPECT_EQ(provider->reserve_space(provider->context, 512), nullptr);
  EXPECT_EQ(packed.bytes(), 256u);
}

}  // namespace
}  // namespace MTC_XNNPACK
