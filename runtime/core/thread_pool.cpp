#include "core/thread_pool.h"

#include <pthreadpool.h>

#include <algorithm>
#include <new>

#include "selected_parts.h"

namespace mtc {
namespace {

constexpr int64_t kChunksPerThread = 4;  // enough to even out threads of different speed, few enough to be cheap

struct Division {
  RangeFunction call;
  void* body;
  int64_t count;
  int64_t chunk;
};

void RunChunk(void* context, size_t index) {
  const Division& division = *static_cast<Division*>(context);
  const int64_t begin = static_cast<int64_t>(index) * division.chunk;
  division.call(division.body, begin, std::min(begin + division.chunk, division.count));
}

struct Tasks {
  TaskFunction call;
  void* body;
};

void RunTask(void* context, size_t worker, size_t index) {
  const Tasks& tasks = *static_cast<Tasks*>(context);
  tasks.call(tasks.body, worker, static_cast<int64_t>(index));
}

}  // namespace

ThreadPool* ThreadPool::Create(size_t threads) {
  if (threads <= 1) return nullptr;
  pthreadpool* pool = pthreadpool_create(threads);
  if (pool == nullptr) return nullptr;
  ThreadPool* result = new (std::nothrow) ThreadPool(pool);
  if (result == nullptr) pthreadpool_destroy(pool);
  return result;
}

ThreadPool::~ThreadPool() {
  if (kRunsKernels) pthreadpool_destroy(pool_);  // else there is none
}

size_t ThreadPool::size() const { return pthreadpool_get_threads_count(pool_); }

void ParallelForRange(ThreadPool* pool, int64_t count, int64_t grain, RangeFunction call, void* body) {
  const int64_t threads = static_cast<int64_t>(pool->size());
  int64_t chunks = std::min<int64_t>(count / std::max<int64_t>(grain, 1), kChunksPerThread * threads);
  if (chunks > threads) chunks -= chunks % threads;  // as many for each
  const int64_t chunk = (count - 1) / chunks + 1;
  Division division{call, body, count, chunk};
  const size_t ranges = static_cast<size_t>((count - 1) / chunk + 1);
  pthreadpool_parallelize_1d(pool->handle(), RunChunk, &division, ranges, 0);
}

void ParallelForTask(ThreadPool* pool, int64_t count, TaskFunction call, void* body) {
  Tasks tasks{call, body};
  pthreadpool_parallelize_1d_with_thread(pool->handle(), RunTask, &tasks, static_cast<size_t>(count), 0);
}

}  // namespace mtc
