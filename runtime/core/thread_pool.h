#ifndef MTC_CORE_THREAD_POOL_H_
#define MTC_CORE_THREAD_POOL_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

struct pthreadpool;

namespace mtc {

// Threads that kernels divide their work among. Made once and lent to sessions.
class ThreadPool {
 public:
  // Null for one thread, or if the system gives none.
  static ThreadPool* Create(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t size() const;
  pthreadpool* handle() const { return pool_; }

 private:
  explicit ThreadPool(pthreadpool* pool) : pool_(pool) {}
  pthreadpool* pool_;
};

// Elements of simple arithmetic that another thread is worth.
inline constexpr int64_t kElementGrain = 16384;

// Calls body(begin, end) on disjoint ranges that cover [0, count), each of at least `grain` items but the last, on the
// threads of `pool`; on this thread alone if `pool` is null or there is not enough for two.
using RangeFunction = void (*)(void* body, int64_t begin, int64_t end);
void ParallelForRange(ThreadPool* pool, int64_t count, int64_t grain, RangeFunction call, void* body);

template <typename Body>
void ParallelFor(ThreadPool* pool, int64_t count, int64_t grain, Body&& body) {
  if (pool == nullptr || count < 2 * (grain > 1 ? grain : 1)) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  auto call = [](void* b, int64_t begin, int64_t end) {
    (*static_cast<std::remove_reference_t<Body>*>(b))(begin, end);
  };
  ParallelForRange(pool, count, grain, call, &body);
}

// How many workers there are: at least the calling thread.
inline size_t WorkerCount(const ThreadPool* pool) { return pool == nullptr ? 1 : pool->size(); }

// Calls body(worker, task) for each task in [0, count). Tasks of one worker come one after the other, so that it may
// have memory of its own.
using TaskFunction = void (*)(void* body, size_t worker, int64_t task);
void ParallelForTask(ThreadPool* pool, int64_t count, TaskFunction call, void* body);

template <typename Body>
void ParallelForWorkers(ThreadPool* pool, int64_t count, Body&& body) {
  if (pool == nullptr || count <= 1) {
    for (int64_t task = 0; task < count; ++task) body(size_t{0}, task);
    return;
  }
  auto call = [](void* b, size_t worker, int64_t task) {
    (*static_cast<std::remove_reference_t<Body>*>(b))(worker, task);
  };
  ParallelForTask(pool, count, call, &body);
}

}  // namespace mtc

#endif  // MTC_CORE_THREAD_POOL_H_
