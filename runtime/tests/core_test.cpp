#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "core/block.h"
#include "core/file_map.h"
#include "core/isa.h"
#include "core/list.h"
#include "core/packed_weights.h"
#include "core/poison.h"
#include "core/sort.h"
#include "core/status.h"
#include "core/tensor.h"
#include "core/thread_pool.h"
#include "gtest/gtest.h"

namespace mtc {
namespace {

TEST(Error, PrefixGoesBeforeAndAppendAfter) {
  Error error;
  EXPECT_EQ(error.Report(Status::kIo, "%d bytes", 3), Status::kIo);
  error.Prefix("file `%s`", "a");
  error.Append("; %s", "sorry");
  EXPECT_STREQ(error.message(), "file `a`: 3 bytes; sorry");
}

TEST(Error, LongWordsAreCut) {
  Error error;
  const std::string words(5000, 'x');
  EXPECT_EQ(error.Report(Status::kIo, "%s", words.c_str()), Status::kIo);
  error.Prefix("%s", words.c_str());
  error.Append("%s", words.c_str());
  EXPECT_EQ(strlen(error.message()), sizeof(Error) - 1);
}

TEST(Block, IsAlignedZeroedAndGuarded) {
  for (const uint64_t size : {0, 1, 63, 64, 65, 100000}) {
    Block block;
    ASSERT_TRUE(block.Allocate(size));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data()) % 64, 0u);
    int sum = 0;
    Unpoison(block.data() - kGuard, size + 2 * kGuard);  // libraries are not watched
    for (const uint8_t* p = block.data() - kGuard; p < block.data() + size + kGuard; ++p) sum += *p;
    EXPECT_EQ(sum, 0);
  }
}

TEST(Block, LeavesNoGuardsBehind) {
  Block block;
  const uint64_t size = uint64_t{4} << 20;  // mapped, and aligned within the mapping
  ASSERT_TRUE(block.Allocate(size));
  const uint8_t* guard = block.data() + size;
  EXPECT_EQ(IsPoisoned(guard), kPoisons);
  block = Block();
  EXPECT_FALSE(IsPoisoned(guard));
}

TEST(Block, RefusesWhatNoMemoryHolds) {
  Block block;
  EXPECT_FALSE(block.Allocate(UINT64_MAX));
  EXPECT_EQ(block.data(), nullptr);
}

class FileMapTest : public testing::Test {
 protected:
  void Write(size_t size) {
    content_.resize(size);
    for (size_t i = 0; i < size; ++i) content_[i] = static_cast<uint8_t>(i * 7 + 1);
    FILE* file = fopen(path_.c_str(), "wb");
    fwrite(content_.data(), 1, size, file);
    fclose(file);
  }
  void TearDown() override { unlink(path_.c_str()); }

  std::string path_ = testing::TempDir() + "mtc_file_map_" + std::to_string(getpid());
  std::vector<uint8_t> content_;
  Error error_;
};

TEST_F(FileMapTest, MayBeOverReadEvenWhereItsLastPageEnds) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  Write(2 * page);
  FileMap map;
  ASSERT_EQ(map.OpenPath(path_.c_str(), error_), Status::kOk) << error_.message();
  ASSERT_EQ(map.size(), content_.size());
  EXPECT_TRUE(map.is_mapped());
  EXPECT_EQ(memcmp(map.data(), content_.data(), content_.size()), 0);
  const volatile uint8_t* data = map.data();
  EXPECT_EQ(data[-1] + data[-64] + data[2 * page] + data[2 * page + 63], 0);
  ReleasePages(map.data(), map.size());
  EXPECT_EQ(memcmp(map.data(), content_.data(), content_.size()), 0);
}

TEST_F(FileMapTest, ReadsARangeThatIsNotAligned) {
  Write(5000);
  const int fd = open(path_.c_str(), O_RDONLY);
  FileMap map;
  ASSERT_EQ(map.OpenRange(fd, 77, 4000, error_), Status::kOk) << error_.message();
  close(fd);
  EXPECT_FALSE(map.is_mapped());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(map.data()) % 64, 0u);
  EXPECT_EQ(memcmp(map.data(), content_.data() + 77, 4000), 0);
}

TEST_F(FileMapTest, MapsARangeThatIsAligned) {
  Write(20000);
  const int fd = open(path_.c_str(), O_RDONLY);
  FileMap map;
  ASSERT_EQ(map.OpenRange(fd, 4096 + 128, 9000, error_), Status::kOk) << error_.message();
  close(fd);
  EXPECT_TRUE(map.is_mapped());
  EXPECT_EQ(memcmp(map.data(), content_.data() + 4096 + 128, 9000), 0);
}

TEST_F(FileMapTest, RefusesWhatIsNotThere) {
  Write(100);
  FileMap map;
  const int fd = open(path_.c_str(), O_RDONLY);
  EXPECT_EQ(map.OpenRange(fd, 64, 37, error_), Status::kIo);
  EXPECT_EQ(map.OpenRange(fd, UINT64_MAX, 2, error_), Status::kIo);
  close(fd);
  EXPECT_EQ(map.OpenPath("/nonexistent/file", error_), Status::kIo);
  EXPECT_EQ(map.OpenPath("/", error_), Status::kIo);
}

TEST(ThreadPool, OneThreadNeedsNone) { EXPECT_EQ(ThreadPool::Create(1), nullptr); }

TEST(ThreadPool, RangesCoverEverythingOnce) {
  std::unique_ptr<ThreadPool> pool(ThreadPool::Create(3));
  ASSERT_NE(pool, nullptr);
  EXPECT_EQ(pool->size(), 3u);
  for (const int64_t count : {0, 1, 5, 12, 13, 1000}) {
    for (const int64_t grain : {1, 4, 2000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      std::atomic<int> calls{0};
      ParallelFor(pool.get(), count, grain, [&](int64_t begin, int64_t end) {
        ++calls;
        if (end != count) {
          EXPECT_GE(end - begin, grain);
        }
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
      });
      for (const auto& times : seen) EXPECT_EQ(times, 1);
      EXPECT_LE(calls, 12);
    }
  }
}

TEST(Isa, IsStable) { EXPECT_EQ(DetectIsa(), DetectIsa()); }

const float kWeights[8] = {};

PackedKey Key(int64_t size) { return {Packing::kPanels, Isa::kBase, DType::kF32, kWeights, nullptr, {{1, 2, size}}}; }

TEST(PackedWeights, FindsWhatWasInserted) {
  PackedWeights cache;
  const PackedKey a = Key(3);
  EXPECT_EQ(cache.Find(a).data, nullptr);
  void* block = cache.Reserve(100);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_EQ(cache.Insert(a, block).data, block);
  EXPECT_EQ(cache.Find(a).data, block);
  EXPECT_EQ(cache.Find(a).size, 100u);
  EXPECT_EQ(cache.bytes(), 100u);
  // A second one of the same key gives way to the first.
  EXPECT_EQ(cache.Insert(a, cache.Reserve(100)).data, block);
  EXPECT_EQ(cache.bytes(), 100u);
  cache.Discard(cache.Reserve(8));
}

TEST(PackedWeights, EveryPartOfTheKeyCounts) {
  PackedWeights cache;
  const PackedKey a = Key(3);
  cache.Insert(a, cache.Reserve(100));
  std::vector<PackedKey> others(5 + a.sizes.size() + a.quantization.size(), a);
  others[0].packing = Packing::kDepthwise;
  others[1].isa = Isa::kAvx2;
  others[2].dtype = DType::kF16;
  others[3].weight = kWeights + 1;
  others[4].bias = kWeights;
  for (size_t i = 0; i < a.sizes.size(); ++i) others[5 + i].sizes[i] += int64_t{1} << 40;
  for (size_t i = 0; i < a.quantization.size(); ++i) others[5 + a.sizes.size() + i].quantization[i] += 1;
  for (const PackedKey& other : others) EXPECT_EQ(cache.Find(other).data, nullptr);
}

TEST(PackedWeights, BlocksStayWhereTheyAre) {
  PackedWeights cache;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int64_t i = 0; i < 400; ++i) {
        const int64_t size = i * 7919 % 400;
        if (cache.Find(Key(size)).data != nullptr) continue;
        void* block = cache.Reserve(64);
        memset(block, static_cast<int>(size % 251), 64);
        cache.Insert(Key(size), block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cache.bytes(), 400u * 64);
  for (int64_t i = 0; i < 400; ++i) {
    const auto* block = static_cast<const uint8_t*>(cache.Find(Key(i)).data);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(block[63], i % 251);
  }
}

}  // namespace
TEST(FileMap, FolderOfAPath) {
  EXPECT_EQ(FolderLength("model.mtp"), 0u);
  EXPECT_EQ(FolderLength("/model.mtp"), 1u);
  EXPECT_EQ(FolderLength("a/b.c/model.mtp"), 6u);
  EXPECT_EQ(FolderLength(""), 0u);
}

TEST(List, HoldsWhatAVectorHolds) {
  List<std::unique_ptr<int>> list;
  std::vector<int> expected;
  for (int i = 0; i < 100; ++i) {
    const size_t at = static_cast<size_t>(i * 7 % (i + 1));
    list.Insert(list.begin() + at, std::make_unique<int>(i));
    expected.insert(expected.begin() + static_cast<ptrdiff_t>(at), i);
  }
  for (int i = 0; i < 40; ++i) {
    const size_t at = static_cast<size_t>(i * 11) % list.size();
    list.Remove(&list[at]);
    expected.erase(expected.begin() + static_cast<ptrdiff_t>(at));
  }
  list.Resize(50);
  list.Add(std::make_unique<int>(-1));
  expected.resize(50);
  expected.push_back(-1);
  List<std::unique_ptr<int>> moved = std::move(list);
  ASSERT_EQ(moved.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(*moved[i], expected[i]);
  moved.Clear();
  EXPECT_TRUE(moved.empty());
}

TEST(List, NewElementsHaveTheirValues) {
  List<Tensor> tensors(3);
  EXPECT_EQ(tensors[2].constant, kNotConstant);
  List<int64_t> numbers(3);
  for (int64_t& number : numbers) number = -1;
  numbers.Resize(2);
  numbers.Resize(4);
  EXPECT_EQ((std::vector<int64_t>(numbers.begin(), numbers.end())), (std::vector<int64_t>{-1, -1, 0, 0}));
  numbers.Clear();
  EXPECT_TRUE(numbers.empty());
}

TEST(Sort, IsThatOfTheStandardLibrary) {
  std::mt19937 random(1);
  for (const size_t size : {0u, 1u, 2u, 3u, 64u, 1000u}) {
    std::vector<Keyed> items;
    for (uint32_t i = 0; i < size; ++i) items.push_back({random() % (size / 2 + 1), i});
    std::shuffle(items.begin(), items.end(), random);
    std::vector<Keyed> expected = items;
    const auto is_less = [](const Keyed& a, const Keyed& b) {
      return std::tie(a.key, a.index) < std::tie(b.key, b.index);
    };
    std::sort(expected.begin(), expected.end(), is_less);
    Sort({items.data(), items.size()});
    for (size_t i = 0; i < size; ++i) EXPECT_EQ(items[i].index, expected[i].index);
  }
}

}  // namespace mtc
