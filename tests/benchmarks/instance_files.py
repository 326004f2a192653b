"""Tiny instances in every published format; the optimum is worked out by hand beside each."""

# Two facilities of 10 at 100 and 30, customers of 6 and 4; all of the first customer's demand costs 12 or 60, of
# the second's 8 or 20. Both fit into one: first 100 + 20 = 120, second 30 + 80 = 110, and 6 with the second... one
# open is enough and two cost 130 + 20. Optimum 110.
FACILITY = """ 2 2
 10 100.
 10 30.
6 12. 60.
4 8.  20.
"""
FACILITY_OPTIMUM = 110.0

# The same with capacities of 6: both open (130); 6 units at 2 each by the first, 4 at 5 each by the second = 32.
FACILITY_OPEN = FACILITY.replace(" 10 100.", " capacity 100.").replace(" 10 30.", " capacity 30.")
FACILITY_OPEN_CAPACITY, FACILITY_OPEN_OPTIMUM = 6.0, 162.0

# Two commodities, 1 -> 3 (5 units) and 2 -> 3 (4 units). Arc 1-3: 10 fixed, 3 each; 1-2: 2 fixed, 1 each; 2-3: 20
# fixed, 1 each, capacity 9. Shared: 2 + 20 + 5*2 + 4 = 36. Apart: 10 + 15 + 20 + 4 = 49. Optimum 36.
DESIGN = """ MULTIGEN.DAT:

      3      3      2
      1      3      3      8     10      1      1
      1      2      1      5      2      1      2
      2      3      1      9     20      1      3
      1      3      5
      2      3      4
"""
DESIGN_OPTIMUM = 36.0

# With room for 8 on 2-3, one unit of the first commodity must go directly: 10 + 2 + 20 + 3 + 4*2 + 4 = 47, dearer
# than... all 5 directly 10 + 15 + 20 + 4 = 49. Optimum 47.
DESIGN_NARROW = DESIGN.replace("      9     20", "      8     20")
DESIGN_NARROW_OPTIMUM = 47.0

# A star of cost 3 x 2 around node 4 beats two sides of a triangle at 3.5 each. Optimum 6.
STEINER = """SECTION Graph
Nodes 4
Edges 6
E 1 2 3.5
E 2 3 3.5
E 1 3 3.5
E 1 4 2
E 4 2 2
E 3 4 2
END

SECTION Terminals
Terminals 3
T 1
T 2
T 3
END

EOF
"""
STEINER_OPTIMUM = 6.0

# The terminals before the graph.
STEINER_TURNED = "\n\n".join([STEINER.split("\n\n")[part] for part in (1, 0, 2)])

STEINLIB = '33D32945 STP File, STP Format Version 1.0\n\nSECTION Comment\nName "triangle"\nEND\n\n' + STEINER.replace(
    "EOF\n", "SECTION Coordinates\nDD 1 0 0\nDD 2 1 0\nDD 3 0 1\nDD 4 1 1\nEND\n\nEOF\n"
)

# One way only: from root 1 to 2 and 3; the cheap arc 2 -> 1 is of no use. 1-2 4, 2-3 1, 1-3 4: optimum 5.
ARBORESCENCE = """SECTION Graph
Nodes 3
Arcs 4
A 1 2 4
A 2 3 1
A 1 3 4
A 2 1 0
END
SECTION Terminals
Terminals 3
Root 1
T 1
T 2
T 3
END
EOF
"""
ARBORESCENCE_OPTIMUM = 5.0

# n1 gives 7; n2 takes 3, n3 takes 4. Of the parallel arcs n1-n2 the second costs less per unit: all 7 by it, then
# n2-n3: 6 + 7*1 + 5 + 4*1 = 22; directly 3 + 3*4 + 20 = ... Optimum 22.
FCNET = """* a tiny network
Set n / n1*n3 /;
Set s / a1*a2 /;

yupp('n1','n1','a1')=0;

Parameter fcost(m,n,s) /
$ondelim
   n1      n2      a1       3
   n1      n2      a2       6
   n2      n3      a1       5
   n1      n3      a1      20
   n3      n1      a1      -1
$offdelim
/

Parameter vcost(m,n,s) /
$ondelim
   n1      n2      a1       4
   n1      n2      a2       1
   n2      n3      a1       1
   n3      n1      a1      -1
$offdelim
/;

Parameter demand(n) /
   n1           -7
   n2            3
   n3            4
/;

u = -sum(n$(demand(n)<0), demand(n));
xupp(m,n,s)$(fcost(m,n,s) or vcost(m,n,s)) = u;
loop((m,n,s)$(fcost(m,n,s)<0),
   fcost(m,n,s)=0;
   vcost(m,n,s)=0;
);
usetree = 0;
"""
FCNET_OPTIMUM = 22.0

# The same network from the other side: demands negated back, fixed costs in tens, arcs from another parameter.
FCNET_FORMS = """Sets nn / n1, n2, n3 /
     ss / a1*a2 /;
Parameter exist(n,m) / n1.n2 1, n1.n3 1
   n2.n3 1 /;
Parameter fcost(nn,nn,ss) / n1.n2.a1 .3, n1.n2.a2 .6, n2.n3.a1 .5, n1.n3.a1 2, n1.n3.a2 2, n2.n3.a2 2 /;
Parameter vcost(nn,nn,ss) / n1.n2.a1 4
   n1.n2.a2 1
   n2.n3.a1 1, n2.n3.a2 9 /;
Parameter demand(nn) / n1 7, n2 -3, n3 -4 /;
fcost(m,n,s) = 10 * fcost(m,n,s);
demand(n) = -demand(n);
u = -demand('n1');
loop ((m,n)$exist(m,n),
   xupp(m,n,s) = u;
);
usett1 = 1;
"""

# The same network as a mixed-integer programme; the balance of n1 is left out, as it follows from the others.
FCNET_MPS = """NAME tiny
ROWS
 N cost
 E n2
 E n3
 L g12
 L g12b
 L g23
 L g13
COLUMNS
    x12 cost 4 n2 1
    x12 g12 1
    x12b cost 1 n2 1
    x12b g12b 1
    x23 cost 1 n2 -1
    x23 n3 1 g23 1
    x13 n3 1 g13 1
    MARKER 'MARKER' 'INTORG'
    y12 cost 3 g12 -7
    y12b cost 6 g12b -7
    y23 cost 5 g23 -7
    y13 cost 20 g13 -7
    MARKER 'MARKER' 'INTEND'
RHS
    RHS n2 3 n3 4
BOUNDS
 UP BND y12 1
 UP BND y12b 1
 UP BND y23 1
 UP BND y13 1
ENDATA
"""
