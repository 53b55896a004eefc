/*
 * The names of the errors that any Varlink method may return: org.varlink.service's.
 */
#ifndef GOALD_WIRE_ERROR_H
#define GOALD_WIRE_ERROR_H

#define ERROR_INTERFACE_NOT_FOUND "org.varlink.service.InterfaceNotFound"       /* interface */
#define ERROR_METHOD_NOT_FOUND "org.varlink.service.MethodNotFound"             /* method */
#define ERROR_METHOD_NOT_IMPLEMENTED "org.varlink.service.MethodNotImplemented" /* method */
#define ERROR_INVALID_PARAMETER "org.varlink.service.InvalidParameter"          /* parameter */
#define ERROR_PERMISSION_DENIED "org.varlink.service.PermissionDenied"
#define ERROR_EXPECTED_MORE "org.varlink.service.ExpectedMore"
#define ERROR_EXPECTED_UPGRADE "org.varlink.service.ExpectedUpgrade"

#endif
