#pragma once

#define __ANDROID_API_FUTURE__ 10000
#ifndef __ANDROID_API__
#ifdef __ANDROID_MIN_SDK_VERSION__
#define __ANDROID_API__ __ANDROID_MIN_SDK_VERSION__
#else
#define __ANDROID_API__ 24
#endif
#endif
#define __ANDROID_API_N__ 24
