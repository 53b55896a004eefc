/*
 * The texts of the interface files, embedded by the build: a.b.C.varlink is interface_a_b_C.
 * They live as long as the program.
 */
#ifndef GOALD_WIRE_INTERFACES_H
#define GOALD_WIRE_INTERFACES_H

extern const char interface_io_goald_Tracker[];
extern const char interface_org_varlink_service[];
extern const char interface_org_varlink_certification[];

#endif
