import { InstanceType } from '../../../index';
import { instanceTypes } from '../../../lib/hardware';

const members = Object.entries(InstanceType).filter(
  (entry): entry is [string, InstanceType] => entry[1] instanceof InstanceType,
);

test('there is a member for each hosting instance type', () => {
  expect(members.map(([, { instanceTypeName }]) => instanceTypeName).sort()).toEqual([...instanceTypes()].sort());
});

test('members are named after their types', () => {
  for (const [member, { instanceTypeName }] of members)
    expect(`ml.${member.toLowerCase().replaceAll('_', '.')}`.replaceAll('-', '.')).toBe(
      instanceTypeName.replaceAll('-', '.'),
    );
});

test('a type that is newer than the library can be named', () => {
  expect(String(InstanceType.of('ml.x9.large'))).toBe('ml.x9.large');
});
