// What mtc_run says of its outputs: the measure of `mtc verify`.

#include "tools/compare.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mtc::test {
namespace {

template <typename T>
std::string Compared(mtc_dtype dtype, const std::vector<T>& got, const std::vector<T>& expected) {
  const auto tensor = [dtype](const std::vector<T>& values) {
    mtc_tensor made = {};
    made.data = const_cast<T*>(values.data());
    made.size = values.size() * sizeof(T);
    made.dtype = dtype;
    made.rank = 1;
    made.dims[0] = static_cast<int64_t>(values.size());
    return made;
  };
  return tools::Compare(tensor(got), tensor(expected)).c_str();
}

TEST(Compare, DividesTheLargestDifferenceByTheLargestValue) {
  EXPECT_EQ(Compared<float>(MTC_F32, {1, 0.5f, -8}, {1, 0, -8}), "max_abs 0.5, max_rel 0.0625: differs");
  EXPECT_EQ(Compared<float>(MTC_F32, {1, 2}, {1, 2}), "max_abs 0, max_rel 0");
  EXPECT_EQ(Compared<float>(MTC_F32, {1, 0}, {0, 0}), "max_abs 1, max_rel inf: differs");
}

TEST(Compare, RoundingIsNoDifference) {
  EXPECT_EQ(Compared<float>(MTC_F32, {1024, 1}, {1024, 0}), "max_abs 1, max_rel 0.000977");
  EXPECT_EQ(Compared<float>(MTC_F32, {512, 1}, {512, 0}), "max_abs 1, max_rel 0.00195: differs");
}

TEST(Compare, InfinityAndNanEqualThemselvesOnly) {
  EXPECT_EQ(Compared<float>(MTC_F32, {INFINITY, NAN, 3}, {INFINITY, NAN, 2}), "max_abs 1, max_rel 0.5: differs");
  EXPECT_EQ(Compared<float>(MTC_F32, {NAN, 3}, {1, 3}), "max_abs inf, max_rel inf: differs");
  EXPECT_EQ(Compared<float>(MTC_F32, {3, 3}, {INFINITY, 3}), "max_abs inf, max_rel inf: differs");
}

TEST(Compare, IntegersAreEqualOrNot) {
  EXPECT_EQ(Compared<int32_t>(MTC_I32, {7, 8}, {7, 8}), "max_abs 0, max_rel 0");
  EXPECT_EQ(Compared<int32_t>(MTC_I32, {7, 9}, {7, 8}), "max_abs 1, max_rel inf: differs");
}

TEST(Compare, OtherTypesAreNamed) {
  EXPECT_EQ(Compared<float>(MTC_F32, {1}, {1, 2}), "the source model gave f32[2]: differs");
}

}  // namespace
}  // namespace mtc::test
