#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN

// The element types of mtc.h.
typedef NS_ENUM(NSInteger, MTCDataType) {
  MTCDataTypeFloat32 = 0,
  MTCDataTypeFloat64 = 1,
  MTCDataTypeFloat16 = 2,
  MTCDataTypeBFloat16 = 3,
  MTCDataTypeInt8 = 4,
  MTCDataTypeUInt8 = 5,
  MTCDataTypeInt16 = 6,
  MTCDataTypeInt32 = 7,
  MTCDataTypeInt64 = 8,
  MTCDataTypeBool = 9
};

// The bytes of one element.
FOUNDATION_EXPORT NSUInteger MTCDataTypeSize(MTCDataType dataType);

// A dense, row-major tensor that owns its elements.
@interface MTCTensor : NSObject {
 @private
  NSData* _data;
  NSArray<NSNumber*>* _shape;
  MTCDataType _dataType;
}

@property(nonatomic, readonly) MTCDataType dataType;
@property(nonatomic, readonly) NSArray<NSNumber*>* shape;
@property(nonatomic, readonly) NSData* data;
@property(nonatomic, readonly) NSUInteger count;  // elements

// nil with MTCErrorInvalidArgument if `data` has another size than `shape` asks for.
+ (nullable instancetype)tensorWithData:(NSData*)data
                                  shape:(NSArray<NSNumber*>*)shape
                               dataType:(MTCDataType)dataType
                                  error:(NSError**)error;
// As many values as `shape` asks for are copied. nil if there is no tensor of such a shape.
+ (nullable instancetype)tensorWithFloats:(const float*)values shape:(NSArray<NSNumber*>*)shape;

// Element `index` in row-major order, of a tensor of any type but the 16-bit floats; NAN past the end and of those.
- (double)valueAtIndex:(NSUInteger)index;

@end

// What a program says of one of its inputs or outputs. A size of -1 is the caller's choice.
@interface MTCSignature : NSObject {
 @private
  NSString* _name;
  NSArray<NSNumber*>* _shape;
  NSArray<NSNumber*>* _minimumShape;
  NSArray<NSNumber*>* _maximumShape;
  MTCDataType _dataType;
}

@property(nonatomic, readonly) NSString* name;
@property(nonatomic, readonly) MTCDataType dataType;
@property(nonatomic, readonly) NSArray<NSNumber*>* shape;
@property(nonatomic, readonly) NSArray<NSNumber*>* minimumShape;
@property(nonatomic, readonly) NSArray<NSNumber*>* maximumShape;  // INT64_MAX: unbounded

@end

NS_ASSUME_NONNULL_END
