// A lock of the system's own: POSIX threads are on every system but Windows, where a library would have to bring them.

#ifndef MTC_CORE_MUTEX_H_
#define MTC_CORE_MUTEX_H_

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace mtc {

class Mutex {
 public:
  Mutex() = default;
#if defined(_WIN32)
  void Acquire();
  void Release();
#else
  ~Mutex() { pthread_mutex_destroy(&mutex_); }
  void Acquire() { pthread_mutex_lock(&mutex_); }
  void Release() { pthread_mutex_unlock(&mutex_); }
#endif
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
#if defined(_WIN32)
  void* lock_ = nullptr;  // an SRWLOCK; <windows.h> would bring its macros to whoever includes this
#else
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
#endif
};

// Holds a mutex as long as it lives.
class Lock {
 public:
  explicit Lock(Mutex& mutex) : mutex_(mutex) { mutex_.Acquire(); }
  ~Lock() { mutex_.Release(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace mtc

#endif  // MTC_CORE_MUTEX_H_
