// Package archtest holds the program to its architecture: its tests read the
// imports of every Go file of the module and compare them with a table of who
// may import whom, each row with its reason. It leans on the standard library
// and is imported by nobody.
package archtest
