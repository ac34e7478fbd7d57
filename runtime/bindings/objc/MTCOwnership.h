// One source for ARC, which Xcode and SwiftPM compile with, and for manual retain and release, which GNUstep needs.

#import <Foundation/Foundation.h>

#if __has_feature(objc_arc)
#define MTC_RETAINED(object) (object)
#define MTC_AUTORELEASED(object) (object)
#define MTC_RELEASE(object)
#define MTC_SUPER_DEALLOC
#else
#define MTC_RETAINED(object) [(object) retain]
#define MTC_AUTORELEASED(object) [(object) autorelease]
#define MTC_RELEASE(object) [(object) release]
#define MTC_SUPER_DEALLOC [super dealloc]
#endif
